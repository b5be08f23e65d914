//! The intended differences to pyclean 3.7 from PyPI.

/// Why programs differ, and in the next line, separated by `;`: a tree, the arguments, and the
/// paths that only this program removes (after a `-`) or keeps (after a `+`).
pub const DIFFERENCES: &str = "
    # partial writes are bytecode
    m.pyc.12345 ; . ; -m.pyc.12345
    # so is the bytecode of Jython
    m$py.class ; . ; -m$py.class
    # for pathlib, .pyc has no suffix
    .pyc ; . ; -.pyc
    # a dangling symlink named like bytecode is removed
    m.pyc->nowhere ; . ; -m.pyc->nowhere
    # symlinks to directories are not followed
    real/ l->../elsewhere elsewhere.pyc->real real/keep ; . ; -elsewhere.pyc->real
    # not even inside of the PATH
    venv/m.pyc l->venv ; . ; +venv/m.pyc
    # a __pycache__ is removed with its contents
    __pycache__/m.pyc __pycache__/f.nbi __pycache__/d/x ; . ; -__pycache__/ -__pycache__/d/ \
        -__pycache__/d/x -__pycache__/f.nbi
    # so is debris, also what is skipped elsewhere
    pyproject.toml dist/venv/x ; . --debris ; -dist/ -dist/venv/ -dist/venv/x
    # there is more debris
    .coverage.host.123.Xy .hypothesis/h .tox/t ; . --debris all ; -.coverage.host.123.Xy \
        -.hypothesis/ -.hypothesis/h -.tox/ -.tox/t
    # directories are removed last, whatever the order of the options
    tmp/x ; . --erase tmp/ tmp/**/* --yes ; -tmp/
    # a dangling symlink that --erase names is removed
    docs->nowhere ; . --erase docs --yes ; -docs->nowhere
    # braces are alternatives
    x.txt y.txt {x,y}.txt ; . --erase {x,y}.txt --yes ; -x.txt -y.txt +{x,y}.txt
    # --ignore applies to files
    m.pyc ; . --ignore m.pyc ; +m.pyc
    # --ignore accepts globs
    fixtures/m.pyc ; . --ignore fix* ; +fixtures/m.pyc
    # a PATH is searched whatever its name
    venv/sub/venv/m.pyc venv/sub/m.pyc ; venv ; -venv/sub/m.pyc
    # more names are skipped
    .nox/m.pyc .pixi/m.pyc .jj/m.pyc ; . ; +.jj/m.pyc +.nox/m.pyc +.pixi/m.pyc
    # an environment is skipped whatever its name
    env/pyvenv.cfg env/lib/m.pyc conda/conda-meta/ conda/m.pyc ; . ; +conda/m.pyc +env/lib/m.pyc
    # a generic name needs evidence
    dist/w.whl vendor/dist/d.js ; . --debris ; +dist/ +dist/w.whl +vendor/dist/ +vendor/dist/d.js
    # a work tree of another version control system may track it
    .hg/store/ pyproject.toml dist/w.whl ; . --debris ; +dist/ +dist/w.whl
    # installed packages need their metadata, and contain dist
    site-packages/x.egg-info/P site-packages/p/dist/d.js site-packages/p/setup.py ; . --debris ; \
        +site-packages/p/dist/ +site-packages/p/dist/d.js +site-packages/x.egg-info/ \
        +site-packages/x.egg-info/P
    # a repository may exist nowhere else
    .mypy_cache/r/.hg/store/d .mypy_cache/m ; . --debris mypy ; +.mypy_cache/m
    # also in a __pycache__
    __pycache__/r/.hg/ __pycache__/r/m.pyc ; . ; +__pycache__/r/m.pyc
    # an environment is no debris
    pyproject.toml dist/pyvenv.cfg dist/x ; . --debris ; +dist/ +dist/pyvenv.cfg +dist/x
    # no wildcard reaches into what is skipped by default
    .hg/store/x a/.git/HEAD venv/x ; . --erase **/* --yes ; +.hg/ +.hg/store/ +.hg/store/x +a/ \
        +a/.git/ +a/.git/HEAD +venv/ +venv/x
    # an empty directory of a repository is kept
    .hg/empty/ ; . --folders ;
    # a named pipe is no debris
    .coverage| ; . --debris ; +.coverage|
    # a directory is not the debris file of that name
    pyproject.toml coverage.xml/ ; . --debris ; +coverage.xml/
    # a symlink is not the debris directory of that name
    .mypy_cache->real real/x ; . --debris mypy ; +.mypy_cache->real +real/x
    # of an ignored PATH, the other program keeps only what --erase matches, and directories
    a/b/m.pyc a/b/x protected/y data/tmp/x other/tmp/x ; a/b protected data other --erase **/* \
        --ignore a protected data --yes ; +a/b/m.pyc
";

/// The same in a repository that tracks all files.
pub const IN_REPOSITORY: &str = "
    # a committed dist is part of the sources
    pyproject.toml dist/app.js ; . --debris ; +dist/ +dist/app.js
    # bytecode without a source is a program
    app.pyc __pycache__/m.cpython-312.pyc ; . ; +__pycache__/ +__pycache__/m.cpython-312.pyc \
        +app.pyc
    # what the user erases may be tracked
    pyproject.toml dist/app.js ; . --debris --erase dist/** dist/ --yes ;
";

/// `--erase tmp/*` in a tree with `m.pyc` and `tmp/x`: what differs and why, the answer, the
/// paths, and the exit codes.
pub const PROMPTS: [(&str, &str, &str, (i32, i32)); 3] = [
    ("the user agrees", "y\ny\n", "", (0, 0)),
    (
        "no means that nothing is removed",
        "n\nn\n",
        "+m.pyc",
        (0, 0),
    ),
    ("so does no answer, which is an error", "", "+m.pyc", (2, 1)),
];

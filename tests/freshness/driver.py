# What the tests ask of an interpreter. For Python 2.7 and 3.6 or newer.
import marshal, os, py_compile, struct, sys

CODE = type(compile('', '', 'exec'))


def describe():
    if sys.version_info[0] == 2:
        import imp
        magic = imp.get_magic()
    else:
        from importlib.util import MAGIC_NUMBER as magic
    has_hashes = hasattr(py_compile, 'PycInvalidationMode')
    print('%d.%d %s %d' % (sys.version_info[:2] + (has_hashes, struct.unpack('<H', magic[:2])[0])))


def worlds():
    for line in getattr(sys.stdin, 'buffer', sys.stdin).read().splitlines():
        yield (line if sys.version_info[0] == 2 else os.fsdecode(line)).split('\t')


def compile_modules():
    for mode, path in worlds():
        if mode == 'Timestamp':
            py_compile.compile(path, doraise=True)
        else:
            modes = {'CheckedHash': 'CHECKED_HASH', 'UncheckedHash': 'UNCHECKED_HASH'}
            mode = getattr(py_compile.PycInvalidationMode, modes[mode])
            py_compile.compile(path, doraise=True, invalidation_mode=mode)


def run_modules():
    for _, path in worlds():
        try:
            print(run(path))
        except Exception as error:
            print(type(error).__name__)


def run(path):
    directory, name = os.path.split(path[:-len('.py')])
    if name == '__init__':
        directory, name = os.path.split(directory)
    if '.' not in name and sys.version_info[0] > 2:
        sys.modules.pop(name, None)
        sys.path[:1] = [directory]
        return __import__(name).RAN
    # A name that cannot be imported can still be loaded from its path.
    if sys.version_info[0] > 2:
        from importlib.machinery import SourceFileLoader
        module = {}
        exec(SourceFileLoader(name, path).get_code(name), module)
        return module['RAN']
    import imp
    if '.' not in name and os.path.basename(path) != '__init__.py' and name.isalnum():
        return imp.load_module(name, *imp.find_module(name, [directory])).RAN
    return imp.load_source('loaded', path).RAN


def sources(paths):
    library = os.path.dirname(os.__file__)
    if library.endswith('.zip'):
        import zipfile
        archive = zipfile.ZipFile(library)
        for path in archive.namelist():
            if path.endswith('.py') and path in (paths or [path]):
                yield path, archive.read(path)
        return
    for directory, _, names in os.walk(library) if not paths else [(library, (), paths)]:
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith('.py') and os.path.isfile(path):
                with open(path, 'rb') as file:
                    yield path, file.read()


def marshal_library(out, *paths):
    import warnings
    warnings.simplefilter('ignore')
    with open(out, 'wb') as file:
        for path, source in sources(paths):
            try:
                body = marshal.dumps(compile(source, path, 'exec', dont_inherit=True))
            except Exception:
                continue  # Some files test syntax errors.
            file.write(struct.pack('<I', len(body)) + body)


def blobs(path):
    with open(path, 'rb') as file:
        while True:
            size = file.read(4)
            if not size:
                return
            yield file.read(struct.unpack('<I', size)[0])


def is_code(body):
    try:
        return isinstance(marshal.loads(body), CODE)
    except Exception:
        return False


def count_loadable_prefixes(path):
    print(sum(is_code(body[:size]) for body in blobs(path) for size in range(len(body))))


def load(path, start):
    try:
        import resource
        # A corrupt size must not exhaust the memory of the machine.
        resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
    except ImportError:
        pass
    for number, body in enumerate(blobs(path)):
        if number >= int(start):
            sys.stdout.write('%d\n' % is_code(body))
            sys.stdout.flush()


def import_big(directory, limit):
    if limit != '0':
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    sys.path.insert(0, directory)
    import big


ACTIONS = {
    'describe': describe,
    'compile': compile_modules,
    'run': run_modules,
    'marshal': marshal_library,
    'prefixes': count_loadable_prefixes,
    'load': load,
    'import': import_big,
}
ACTIONS[sys.argv[1]](*sys.argv[2:])

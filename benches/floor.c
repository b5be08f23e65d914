/* The least work of any cleaner: reads every directory, and unlinks (or stats) the contents of each
 * __pycache__ and the files named *.pyc, with plain system calls.
 *
 *   floor remove|stat THREADS DIRECTORY
 *
 * Threads share a stack of directories. Nothing is checked: this program only serves as a lower
 * bound of the time. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry { ino64_t ino; off64_t off; unsigned short length; unsigned char type; char name[]; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char **stack;
static size_t depth, room, busy;
static int removes;

static void push(char *path) {
    pthread_mutex_lock(&lock);
    if (depth == room) stack = realloc(stack, (room = room ? 2 * room : 1024) * sizeof *stack);
    stack[depth++] = path;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static char *join(const char *parent, const char *name) {
    char *path = malloc(strlen(parent) + strlen(name) + 2);
    sprintf(path, "%s/%s", parent, name);
    return path;
}

static void leaf(int directory, const char *name) {
    struct stat status;
    if (removes) unlinkat(directory, name, 0);
    else fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW);
}

static void visit(const char *path) {
    static __thread char buffer[1 << 15];
    const char *last = strrchr(path, '/');
    int in_cache = last && !strcmp(last + 1, "__pycache__");
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return;
    long length;
    while ((length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < length;) {
            struct entry *entry = (void *)(buffer + at);
            size_t size = strlen(entry->name);
            at += entry->length;
            if (!strcmp(entry->name, ".") || !strcmp(entry->name, "..")) continue;
            if (entry->type == DT_DIR) push(join(path, entry->name));
            else if (in_cache || (size > 4 && !strcmp(entry->name + size - 4, ".pyc")))
                leaf(directory, entry->name);
        }
    close(directory);
    if (in_cache && removes) rmdir(path);
}

static void *work(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!depth && busy) pthread_cond_wait(&changed, &lock);
        if (!depth) break;
        char *path = stack[--depth];
        busy++;
        pthread_mutex_unlock(&lock);
        visit(path);
        free(path);
        pthread_mutex_lock(&lock);
        busy--;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    removes = !strcmp(arguments[1], "remove");
    int threads = atoi(arguments[2]);
    pthread_t ids[threads];
    push(strdup(arguments[3]));
    for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, work, NULL);
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    return 0;
}

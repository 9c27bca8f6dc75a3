/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many runs from one: at each of a list of moments the emulator forks. The copy gets the fault of
 * that moment and runs to its end with files of its own; the original waits for it and goes on.
 * What came before the fault is executed once, and code that was translated stays translated.
 *
 * fork() copies one thread, this one, which runs the vCPUs. So the main thread is first led to a
 * place where it holds no lock: a callback of its event loop (of GLib; a bottom half of the
 * emulator would end the vCPU's turn). The copy then gets a new thread for the event loop, which
 * goes on as a nested loop in that callback would. Reader of the events: faultinj/fork_server.py.
 */
#pragma once

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "trigger.h"

/* Not of the plugin interface, but exported for the emulator's own modules. */
extern int qemu_main_loop(void) __attribute__((weak));
extern int gdbserver_start(const char *device) __attribute__((weak));
extern void rcu_register_thread(void) __attribute__((weak));

#define FORKS 256u
#define FORK_FAILED 3 /* exit status of a copy that did not begin */
#define PATH_SIZE 512u
#define PAGE_BYTES 4096u
#define MAPPINGS 64u

struct mapping {
    char *start;
    size_t size;
    off_t offset;
};

static struct {
    size_t count;
    struct trigger trigger[FORKS];
    unsigned int armed[VCPUS];
    char place[PATH_SIZE]; /* directory: "ram", "page", "downlink", and a directory for each copy */
    int events;            /* a line for each begin and end of a copy is written there */
    sem_t parked;          /* the main thread waits ... */
    sem_t go;              /* ... until it may go on */
    struct mapping ram[MAPPINGS]; /* where the RAM file is mapped */
    size_t mappings;
} forks;

static void fork_give_up(const char *what)
{
    fprintf(stderr, "ternion_inject: a forked run does not begin: %s: %s\n", what, strerror(errno));
    _exit(FORK_FAILED);
}

static void path_in(char *path, const char *directory, const char *name)
{
    if (snprintf(path, PATH_SIZE, "%s/%s", directory, name) >= (int)PATH_SIZE) {
        errno = ENAMETOOLONG;
        fork_give_up(directory);
    }
}

/* In the main thread, from its event loop, which holds the big lock. */
static int main_park(void *unused)
{
    (void)unused;
    qemu_mutex_unlock_iothread();
    sem_post(&forks.parked);
    while (sem_wait(&forks.go) != 0) {
    }
    qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
    return 0; /* not again */
}

/*
 * The emulator asks for its RAM not to be copied by fork(), because of KVM. Copies need it: RAM is
 * a shared file, which costs nothing, and other memory of devices is copied when it is written.
 */
static void mappings_share(void)
{
    char line[PATH_SIZE];
    char ram[PATH_SIZE];
    char *start = NULL;
    char *end = NULL;
    FILE *file = fopen("/proc/self/smaps", "re");

    path_in(ram, forks.place, "ram");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned long low;
        unsigned long high;
        unsigned long offset;

        if (sscanf(line, "%lx-%lx %*s %lx", &low, &high, &offset) == 3) {
            start = (char *)low;
            end = (char *)high;
            line[strcspn(line, "\n")] = '\0';
            if (strstr(line, ram) != NULL && forks.mappings < MAPPINGS) {
                forks.ram[forks.mappings++] =
                    (struct mapping){ start, (size_t)(end - start), (off_t)offset };
            }
        } else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dc") != NULL) {
            madvise(start, (size_t)(end - start), MADV_DOFORK);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* Pages of the RAM file that are not zero go into a new one, which takes its place in memory. */
static void ram_own(const char *directory)
{
    static const char zeros[PAGE_BYTES];
    char path[PATH_SIZE];
    char *new;
    int old_file;
    int file;
    off_t at = 0;

    path_in(path, forks.place, "ram");
    old_file = open(path, O_RDONLY | O_CLOEXEC);
    path_in(path, directory, "ram");
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (old_file < 0 || file < 0 || ftruncate(file, (off_t)inject.ram_size) != 0) {
        fork_give_up(path);
    }
    new = mmap(NULL, inject.ram_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (new == MAP_FAILED) {
        fork_give_up(path);
    }
    while ((at = lseek(old_file, at, SEEK_DATA)) >= 0) {
        off_t end = lseek(old_file, at, SEEK_HOLE);

        for (; at < end; at += PAGE_BYTES) {
            if (memcmp(inject.ram + at, zeros, PAGE_BYTES) != 0) {
                memcpy(new + at, inject.ram + at, PAGE_BYTES);
            }
        }
    }
    munmap(new, inject.ram_size);
    for (size_t i = 0; i < forks.mappings; i++) {
        struct mapping *mapping = &forks.ram[i];

        if (mmap(mapping->start, mapping->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                 file, mapping->offset) == MAP_FAILED) {
            fork_give_up("mmap");
        }
    }
    close(old_file);
    close(file);
}

static void page_own(const char *directory)
{
    static struct shared_page kept;
    char path[PATH_SIZE];
    uint64_t magic;
    int file;

    path_in(path, directory, "page");
    memcpy(&kept, inject.page, sizeof(kept));
    file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 || mmap(inject.page, sizeof(kept), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                         file, 0) == MAP_FAILED) {
        fork_give_up(path);
    }
    magic = kept.magic;
    kept.magic = 0; /* who reads it meanwhile finds no page yet, not half of one */
    memcpy(inject.page, &kept, sizeof(kept));
    atomic_thread_fence(memory_order_release);
    *(volatile uint64_t *)&inject.page->magic = magic;
    close(file);
}

/* The file that the UART writes to, with what it holds so far. */
static void downlink_own(const char *directory, int at, const char *old)
{
    char path[PATH_SIZE];
    char data[PAGE_BYTES];
    ssize_t got;
    int old_file = open(old, O_RDONLY | O_CLOEXEC);
    int file;

    path_in(path, directory, "downlink");
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (old_file < 0 || file < 0) {
        fork_give_up(path);
    }
    while ((got = read(old_file, data, sizeof(data))) > 0) {
        if (write(file, data, (size_t)got) != got) {
            fork_give_up(path);
        }
    }
    if (dup2(file, at) != at) {
        fork_give_up(path);
    }
    close(old_file);
    close(file);
}

/* What must not be shared with the original: the downlink, and the bells that wake its threads. */
static void files_own(const char *directory)
{
    char old[PATH_SIZE];
    struct dirent *entry;
    DIR *list = opendir("/proc/self/fd");

    path_in(old, forks.place, "downlink");
    while (list != NULL && (entry = readdir(list)) != NULL) {
        char link[PATH_SIZE];
        char path[PATH_SIZE];
        ssize_t length;

        path_in(path, "/proc/self/fd", entry->d_name);
        length = readlink(path, link, sizeof(link) - 1);
        if (length < 0 || !isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        link[length] = '\0';
        if (strcmp(link, old) == 0) {
            downlink_own(directory, atoi(entry->d_name), old);
        } else if (strcmp(link, "anon_inode:[eventfd]") == 0) {
            int bell = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);

            if (bell < 0 || dup2(bell, atoi(entry->d_name)) < 0) {
                fork_give_up("eventfd");
            }
            close(bell);
        }
    }
    if (list == NULL) {
        fork_give_up("/proc/self/fd");
    }
    closedir(list);
}

static void *event_loop(void *gdb)
{
    rcu_register_thread();
    qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
    if (gdb != NULL && gdbserver_start(gdb) != 0) {
        fork_give_up(gdb);
    }
    _exit(qemu_main_loop());
}

/* In the copy, with the big lock: from here on it is a run of its own. */
static void fork_begin(size_t number, pid_t parent)
{
    static char gdb[PATH_SIZE];
    char directory[PATH_SIZE];
    char name[24];
    const struct trigger *trigger = &forks.trigger[number];

    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(FORK_FAILED);
    }
    close(forks.events);
    snprintf(name, sizeof(name), "%zu", number);
    path_in(directory, forks.place, name);
    ram_own(directory);
    page_own(directory);
    files_own(directory);
    snprintf(gdb, sizeof(gdb), "unix:%.400s/gdb,server=on,wait=off", directory);
    memset(forks.armed, 0, sizeof(forks.armed));
    inject.trigger[0] = *trigger;
    inject.armed[trigger->vcpu]++;
    pthread_t thread;
    if (pthread_create(&thread, NULL, event_loop, trigger->action == ACTION_HOLD ? gdb : NULL) !=
        0) {
        fork_give_up("pthread_create");
    }
}

static void fork_tell(const char *what, size_t number, long value)
{
    char line[64];
    int length = snprintf(line, sizeof(line), "%s %zu %ld\n", what, number, value);

    if (write(forks.events, line, (size_t)length) != length) {
        _exit(FORK_FAILED); /* nobody listens any more */
    }
}

/* True in the copy. */
static bool fork_run(size_t number)
{
    pid_t parent = getpid();
    pid_t child;
    int status = 0;

    if (forks.mappings == 0) {
        mappings_share();
    }
    g_idle_add_full(PRIORITY_HIGH, main_park, NULL, NULL);
    while (sem_wait(&forks.parked) != 0) {
    }
    qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
    child = fork();
    if (child == 0) {
        fork_begin(number, parent);
    }
    qemu_mutex_unlock_iothread();
    if (child == 0) {
        return true;
    }
    sem_post(&forks.go);
    if (child < 0) {
        fork_give_up("fork");
    }
    fork_tell("began", number, child);
    waitpid(child, &status, 0);
    fork_tell("ended", number, status);
    return false;
}

static unsigned int forks_left(void)
{
    unsigned int left = 0;

    for (unsigned int vcpu = 0; vcpu < VCPUS; vcpu++) {
        left += forks.armed[vcpu];
    }
    return left;
}

/* Before a block of a vCPU for which a copy waits. */
static void forks_look(unsigned int vcpu, unsigned int class, uint64_t address, uint64_t length)
{
    for (size_t i = 0; i < forks.count; i++) {
        struct trigger *trigger = &forks.trigger[i];

        if (!trigger_reached(trigger, vcpu, class, length)) {
            continue;
        }
        if (fork_run(i)) {
            trigger_fire(0, address, length);
            return;
        }
        trigger->armed = false;
        forks.armed[vcpu]--;
        if (forks_left() == 0) {
            _exit(0); /* nobody needs the rest of this run */
        }
    }
}

/*
 * DIRECTORY: there is a file "forks" with a line "hold NUMBERS" or "flip NUMBERS" (trigger.h) for
 * each copy, whose directory is the line's number, and a pipe "events". The first trigger of a copy
 * is its own, so that no other option may have asked for one yet.
 */
static bool forks_read(const char *directory)
{
    char path[PATH_SIZE];
    char action[8];
    char text[256];
    FILE *file;
    bool good;

    path_in(forks.place, directory, ".");
    forks.place[strlen(forks.place) - 2] = '\0';
    path_in(path, directory, "forks");
    file = fopen(path, "re");
    good = file != NULL && inject.triggers == 0;
    while (good && fscanf(file, "%7s %255s", action, text) == 2) {
        struct trigger *trigger = &forks.trigger[forks.count];
        enum action kind = strcmp(action, "flip") == 0 ? ACTION_FLIP : ACTION_HOLD;

        good = forks.count < FORKS && trigger_read(text, kind, trigger);
        if (good) {
            forks.count++;
            forks.armed[trigger->vcpu]++;
        }
    }
    good = good && feof(file);
    if (file != NULL) {
        fclose(file);
    }
    path_in(path, directory, "events");
    forks.events = good ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    inject.triggers = 1;
    inject.waiting = 1; /* for the fault of the copy */
    return forks.events >= 0 && sem_init(&forks.parked, 0, 0) == 0 &&
           sem_init(&forks.go, 0, 0) == 0;
}

static bool forks_fit(void)
{
    for (size_t i = 0; i < forks.count; i++) {
        if (!trigger_fits(&forks.trigger[i])) {
            return false;
        }
    }
    if (forks.count != 0 &&
        (!g_idle_add_full || !qemu_main_loop || !gdbserver_start || !rcu_register_thread ||
         !qemu_mutex_lock_iothread_impl || !qemu_mutex_unlock_iothread)) {
        fprintf(stderr, "ternion_inject: this emulator does not export what forks need\n");
        return false;
    }
    return true;
}

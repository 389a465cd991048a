/* Linked into the libraries of the wheel on x86-64, so that they load with an older glibc than that of the machine that
 * builds them. A linker binds each function to its newest version. These definitions take the place of the functions
 * and call the version that every glibc has: the functions themselves have not changed, only the library that they are
 * in (2.34), or how their name is exported (2.33). `cargo xtask wheel` prints the glibc that the libraries need. */

/* Defines __GLIBC__. Other headers would declare these functions with other types. */
#include <features.h>

#if defined(__x86_64__) && defined(__GLIBC__)

#define HIDDEN __attribute__((visibility("hidden")))

/* Declares the function at a version, under another name. */
#define AT(version, result, name, parameters)                                                                              \
    __asm__(".symver old_" #name ", " #name "@GLIBC_" version);                                                            \
    extern result old_##name parameters;

/* Defines the function by its older version. */
#define OLDER(version, result, name, parameters, arguments)                                                                \
    AT(version, result, name, parameters)                                                                                  \
    HIDDEN result name parameters { return old_##name arguments; }

typedef unsigned long size;
typedef unsigned int key;

OLDER("2.2.5", int, dladdr, (const void *address, void *info), (address, info))
OLDER("2.3.3", int, dladdr1, (const void *address, void *info, void **extra, int what), (address, info, extra, what))
OLDER("2.2.5", int, dlclose, (void *library), (library))
OLDER("2.2.5", char *, dlerror, (void), ())
OLDER("2.2.5", void *, dlopen, (const char *file, int mode), (file, mode))
OLDER("2.2.5", void *, dlsym, (void *library, const char *name), (library, name))
OLDER("2.2.5", int, pthread_attr_getguardsize, (const void *of, size *guard), (of, guard))
OLDER("2.2.5", int, pthread_attr_getstack, (const void *of, void **begin, size *length), (of, begin, length))
OLDER("2.2.5", int, pthread_attr_setstacksize, (void *of, size length), (of, length))
OLDER("2.2.5", int, pthread_create, (void *id, const void *of, void *(*run)(void *), void *with), (id, of, run, with))
OLDER("2.2.5", int, pthread_detach, (unsigned long id), (id))
OLDER("2.2.5", int, pthread_getattr_np, (unsigned long id, void *of), (id, of))
OLDER("2.2.5", int, pthread_join, (unsigned long id, void **result), (id, result))
OLDER("2.2.5", int, pthread_key_create, (key *made, void (*end)(void *)), (made, end))
OLDER("2.2.5", int, pthread_key_delete, (key of), (of))
OLDER("2.2.5", int, pthread_kill, (unsigned long id, int number), (id, number))
OLDER("2.12", int, pthread_setname_np, (unsigned long id, const char *name), (id, name))
OLDER("2.2.5", int, pthread_setspecific, (key of, const void *value), (of, value))

AT("2.2.5", int, __fxstat64, (int version, int file, void *status))
AT("2.2.5", int, __lxstat64, (int version, const char *path, void *status))
AT("2.2.5", int, __xstat64, (int version, const char *path, void *status))

/* The number of the kernel's structure on x86-64. */
#define VERSION 1

HIDDEN int fstat(int file, void *status) { return old___fxstat64(VERSION, file, status); }
HIDDEN int fstat64(int file, void *status) { return old___fxstat64(VERSION, file, status); }
HIDDEN int lstat64(const char *path, void *status) { return old___lxstat64(VERSION, path, status); }
HIDDEN int stat64(const char *path, void *status) { return old___xstat64(VERSION, path, status); }

#endif

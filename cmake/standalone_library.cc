// 0: the process may have several threads, which is always safe (sys/single_threaded.h). Hidden: for this library alone.
extern "C" {
extern char __libc_single_threaded __attribute__((visibility("hidden")));
char __libc_single_threaded = 0;
}

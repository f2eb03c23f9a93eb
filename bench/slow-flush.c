/*
 * A slow disk on any machine: each flush takes SLOW_FLUSH_US microseconds longer (4000 unless given).
 * cc -shared -fPIC -o slow-flush.so slow-flush.c -ldl; LD_PRELOAD=./slow-flush.so rollcall serve
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*flush_function)(int);

static int flush_slowly(const char *name, int file) {
  flush_function flush = (flush_function)dlsym(RTLD_NEXT, name);
  const char *given = getenv("SLOW_FLUSH_US");
  long microseconds = given ? atol(given) : 4000;
  struct timespec wait = {microseconds / 1000000, (microseconds % 1000000) * 1000};
  int answer = flush(file);
  nanosleep(&wait, NULL);
  return answer;
}

int fsync(int file) { return flush_slowly("fsync", file); }

int fdatasync(int file) { return flush_slowly("fdatasync", file); }

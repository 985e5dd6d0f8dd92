#define _GNU_SOURCE
#include "sys.h"

#include <asm/mman.h>
#include <link.h>

/* Of the C library that Node runs on, if it has them: musl has no malloc_trim(3). */
extern int malloc_trim(size_t keep) __attribute__((weak));
extern int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *data) __attribute__((weak));

/* The largest page there is (arm64): what is a multiple of it begins a page everywhere. */
enum { LARGEST_PAGE = 65536 };

/* Never written to, so the file has the same: the kernel maps it again, from its cache, where it is used. */
static void unmap_part(const struct dl_phdr_info *object, const ElfW(Phdr) *part) {
  if (part->p_type != PT_LOAD || part->p_flags & PF_W) return;
  unsigned long start = object->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
  start = (start + LARGEST_PAGE - 1) & -LARGEST_PAGE;
  end &= -LARGEST_PAGE;
  if (start < end) call3(__NR_madvise, start, end - start, MADV_DONTNEED);
}

static int unmap_program(struct dl_phdr_info *program, UNUSED size_t size, UNUSED void *data) {
  for (int i = 0; i < program->dlpi_phnum; i++) unmap_part(program, &program->dlpi_phdr[i]);
  return 1; /* The program comes first; its libraries are small. */
}

napi_value sys_trim_memory(UNUSED napi_env env, UNUSED napi_callback_info info) {
  if (malloc_trim) malloc_trim(0);
  if (dl_iterate_phdr) dl_iterate_phdr(unmap_program, NULL);
  return NULL;
}

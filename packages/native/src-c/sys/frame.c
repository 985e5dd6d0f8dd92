/* Lines of output with something before and after each, for the log path: in a quarter of the time of JavaScript. */
#include "sys.h"

enum { BLOCK = sizeof(block_t), MOST_PADDED = 1024 };

struct span {
  const uint8_t *at;
  const uint8_t *end;
};

struct target {
  uint8_t *at;
  const uint8_t *end;
};

/* All bits of the bytes that may be more than a copy. */
static block_t find_special(block_t block, int escape) {
  if (!escape) return (block_t)(block == '\n') | (block_t)(block == '\r');
  return (block_t)(block < 0x20) | (block_t)(block == '"') | (block_t)(block == '\\');
}

/* How many bytes of the block come before the first that was found. */
static int before_first(block_t found) {
  uint64_t halves[2];
  __builtin_memcpy(halves, &found, sizeof found);
  if (halves[0]) return __builtin_ctzll(halves[0]) / 8;
  return halves[1] ? 8 + __builtin_ctzll(halves[1]) / 8 : BLOCK;
}

static int has_room(const struct target *to, size_t needed) { return (size_t)(to->end - to->at) >= needed; }

/* Own copies: there is no C library, and the compiler must not call for one. */
static void copy_exactly(uint8_t *to, struct span from) {
  for (; from.end - from.at >= BLOCK; from.at += BLOCK, to += BLOCK) __builtin_memcpy(to, from.at, BLOCK);
  while (from.at < from.end) *to++ = *from.at++;
}

/* In whole blocks: reads and writes up to a block too far. */
static void copy_blocks(uint8_t *to, struct span from) {
  for (; from.at < from.end; from.at += BLOCK, to += BLOCK) __builtin_memcpy(to, from.at, BLOCK);
}

/* What stands around every line, with room behind it for copies in whole blocks; longer ones are copied exactly. */
struct around {
  struct span text;
  int padded;
  uint8_t memory[MOST_PADDED + BLOCK];
};

static void pad(struct around *around, struct span text) {
  size_t length = (size_t)(text.end - text.at);
  around->text = text;
  around->padded = length <= MOST_PADDED;
  if (!around->padded) return;
  copy_exactly(around->memory, text);
  around->text = (struct span){around->memory, around->memory + length};
}

static int put(struct target *to, const struct around *around) {
  size_t length = (size_t)(around->text.end - around->text.at);
  if (!has_room(to, length)) return 0;
  if (around->padded && has_room(to, length + BLOCK)) copy_blocks(to->at, around->text);
  else copy_exactly(to->at, around->text);
  to->at += length;
  return 1;
}

/* As JSON writes it inside of a string. */
static int put_escaped(struct target *to, uint8_t byte) {
  static const char digits[] = "0123456789abcdef";
  static const char letters[] = "btn?fr"; /* \b \t \n \v \f \r */
  if (!has_room(to, 6)) return 0;
  *to->at++ = '\\';
  if (byte >= 0x20) {
    *to->at++ = byte;
  } else if (byte >= 8 && byte <= 13 && byte != 11) {
    *to->at++ = (uint8_t)letters[byte - 8];
  } else {
    *to->at++ = 'u';
    *to->at++ = '0';
    *to->at++ = '0';
    *to->at++ = (uint8_t)digits[byte >> 4];
    *to->at++ = (uint8_t)digits[byte & 15];
  }
  return 1;
}

static int put_byte(struct target *to, uint8_t byte, int escape) {
  if (escape && (byte < 0x20 || byte == '"' || byte == '\\')) return put_escaped(to, byte);
  if (!has_room(to, 1)) return 0;
  *to->at++ = byte;
  return 1;
}

static int is_line_end(const struct span *from) {
  return *from->at == '\n' || (*from->at == '\r' && from->end - from->at > 1 && from->at[1] == '\n');
}

/* Two blocks at a time as long as there is nothing in them: most lines are that. */
static void put_plain_pairs(struct target *to, struct span *from, int escape) {
  while (from->end - from->at >= 2 * BLOCK && has_room(to, 2 * BLOCK)) {
    block_t first, second;
    __builtin_memcpy(&first, from->at, BLOCK);
    __builtin_memcpy(&second, from->at + BLOCK, BLOCK);
    if (before_first(find_special(first, escape) | find_special(second, escape)) < BLOCK) return;
    __builtin_memcpy(to->at, &first, BLOCK);
    __builtin_memcpy(to->at + BLOCK, &second, BLOCK);
    from->at += 2 * BLOCK;
    to->at += 2 * BLOCK;
  }
}

/* Copies up to the next byte that may be more than a copy. What is written behind it is written over. */
static void put_plain(struct target *to, struct span *from, int escape) {
  int plain = BLOCK;
  put_plain_pairs(to, from, escape);
  while (plain == BLOCK && from->end - from->at >= BLOCK && has_room(to, BLOCK)) {
    block_t block;
    __builtin_memcpy(&block, from->at, BLOCK);
    __builtin_memcpy(to->at, &block, BLOCK);
    plain = before_first(find_special(block, escape));
    from->at += plain;
    to->at += plain;
  }
}

/* One line up to its end, which is skipped: a line feed, with or without a return before it. */
static int put_line(struct target *to, struct span *from, int escape) {
  while (from->at < from->end) {
    put_plain(to, from, escape);
    if (from->at == from->end) return 1;
    if (is_line_end(from)) {
      from->at += *from->at == '\r' ? 2 : 1;
      return 1;
    }
    if (!put_byte(to, *from->at++, escape)) return 0;
  }
  return 1;
}

static int frame(struct target *to, struct span from, struct span before, struct span after, int escape) {
  struct around head, tail;
  pad(&head, before);
  pad(&tail, after);
  while (from.at < from.end)
    if (!put(to, &head) || !put_line(to, &from, escape) || !put(to, &tail)) return 0;
  return 1;
}

enum { FROM, TO, BEFORE, AFTER, ESCAPE, COUNT };

napi_value sys_frame_lines(napi_env env, napi_callback_info info) {
  size_t given = COUNT, lengths[ESCAPE];
  napi_value arguments[COUNT];
  uint8_t *bytes[ESCAPE];
  bool escape;
  napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
  int valid = napi_get_value_bool(env, arguments[ESCAPE], &escape) == napi_ok;
  for (int i = FROM; valid && i < ESCAPE; i++) valid = read_bytes(env, arguments[i], &bytes[i], &lengths[i]);
  if (!valid) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "four times bytes, and a boolean are needed");
    return NULL;
  }
  struct target to = {bytes[TO], bytes[TO] + lengths[TO]};
  struct span from = {bytes[FROM], bytes[FROM] + lengths[FROM]};
  struct span before = {bytes[BEFORE], bytes[BEFORE] + lengths[BEFORE]};
  struct span after = {bytes[AFTER], bytes[AFTER] + lengths[AFTER]};
  return make_number(env, frame(&to, from, before, after, escape) ? (double)(to.at - bytes[TO]) : -1);
}

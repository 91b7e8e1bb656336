/* Lua in a request: a new state with its libraries, a few lines, and its end. */
#ifndef BENCH_REQUEST_LUA_H
#define BENCH_REQUEST_LUA_H

#include "lua_state.h"
#include "request_text.h"

static void request_write_lua(struct request_text *text) {
    request_append(text, "%s",
                   "local size = ...\n"
                   "local words, total = {}, 0\n"
                   "for word in ('a request names some words'):gmatch('%a+') do\n"
                   "    words[#words + 1] = {text = word:upper(), length = #word}\n"
                   "end\n"
                   "table.sort(words, function(a, b)\n"
                   "    return a.text < b.text\n"
                   "end)\n"
                   "for i, word in ipairs(words) do\n"
                   "    total = total + i * word.length + #(word.text .. size)\n"
                   "end\n"
                   "return total\n");
}

static uint64_t request_lua(const struct request_text *text) {
    lua_State *state = lua_state_open();
    uint64_t result = lua_state_run(state, text->bytes, text->length);
#if !defined(BENCH_RESET)
    lua_close(state);
#endif
    return result;
}

#endif

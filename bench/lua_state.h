/* States of Lua 5.4 in the subject's raw memory, for the workloads raw and request. */
#ifndef BENCH_LUA_STATE_H
#define BENCH_LUA_STATE_H

#include "raw_memory.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Where `memory` is NULL, `old_size` says what is to be created. */
static void *lua_state_alloc(void *context, void *memory, size_t old_size, size_t size) {
    (void)context;
    old_size = memory == NULL ? 0 : old_size;
    if (size == 0) {
        raw_free(memory, old_size);
        return NULL;
    }
    return raw_resize(memory, old_size, size);
}

/* With its libraries opened. */
static lua_State *lua_state_open(void) {
    lua_State *self = lua_newstate(lua_state_alloc, NULL);
    if (self == NULL) {
        bench_fail("Lua: out of memory");
    }
    luaL_openlibs(self);
    return self;
}

/* What the script returns for `size`: an integer. */
static uint64_t lua_state_run(lua_State *self, const char *script, size_t size) {
    bool loaded = luaL_loadstring(self, script) == LUA_OK;
    lua_pushinteger(self, (lua_Integer)size);
    if (!loaded || lua_pcall(self, 1, 1, 0) != LUA_OK || !lua_isinteger(self, -1)) {
        bench_fail("Lua: a script failed");
    }
    return (uint64_t)lua_tointeger(self, -1);
}

#endif

/* What wasi-libc lacks. The compiler turns calls of these two into calls of setjmp.c's
 * functions and exceptions of WebAssembly: -mllvm -wasm-enable-sjlj. */
#ifndef WASM_SETJMP_H
#define WASM_SETJMP_H

typedef struct wasm_jump {
    void *invocation; /* of the function that called setjmp */
    unsigned label;   /* which of that function's calls it was; from 1 on */
    struct {
        struct wasm_jump *to;
        int value;
    } thrown; /* what travels with the exception */
} jmp_buf[1];

int setjmp(jmp_buf self) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf self, int value);

#define setjmp setjmp

#endif

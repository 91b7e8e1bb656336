/* setjmp and longjmp by exceptions of WebAssembly: what clang calls in their places.
 *
 * A function that calls setjmp has an address on its stack for each of its invocations.
 * It writes that down with the number of the call, and catches what is thrown through
 * it: if that was meant for this invocation, it goes on behind the call of that number;
 * if not, it throws on. */
#include <setjmp.h>

enum { LONGJMP_TAG = 1 }; /* which exception clang calls __c_longjmp; 0 is C++'s */

void __wasm_setjmp(struct wasm_jump *self, unsigned label, void *invocation);
unsigned __wasm_setjmp_test(struct wasm_jump *self, void *invocation);
_Noreturn void __wasm_longjmp(struct wasm_jump *self, int value);

void __wasm_setjmp(struct wasm_jump *self, unsigned label, void *invocation) {
    self->invocation = invocation;
    self->label = label;
}

unsigned __wasm_setjmp_test(struct wasm_jump *self, void *invocation) {
    return self->invocation == invocation ? self->label : 0;
}

void __wasm_longjmp(struct wasm_jump *self, int value) {
    self->thrown.to = self;
    self->thrown.value = value == 0 ? 1 : value;
    __builtin_wasm_throw(LONGJMP_TAG, &self->thrown);
}

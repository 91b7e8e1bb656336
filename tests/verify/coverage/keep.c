/* Keeps what was counted in a program that aborts, or ends without the functions that are
 * to run at its end, as some tests have a child do. */
int __llvm_profile_write_file(void);
_Noreturn void __real_abort(void);
_Noreturn void __wrap_abort(void);
_Noreturn void __real__Exit(int status);
_Noreturn void __wrap__Exit(int status);

_Noreturn void __wrap_abort(void) {
    (void)__llvm_profile_write_file();
    __real_abort();
}

_Noreturn void __wrap__Exit(int status) {
    (void)__llvm_profile_write_file();
    __real__Exit(status);
}

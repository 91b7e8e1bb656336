# For WebAssembly with WASI, run under node. wasi-libc has no setjmp, which the tests
# need: it comes from tests/verify/platforms/wasm.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(nanvm_target wasm32-wasi)
get_filename_component(wasm "${CMAKE_CURRENT_LIST_DIR}/../tests/verify/platforms/wasm" ABSOLUTE)
set(nanvm_emulator node --no-warnings "${wasm}/run.mjs")
if(NOT CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER clang-19)
endif()
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

# The linker's command has the flags of the compiler, too, and no use for some.
set(CMAKE_C_FLAGS_INIT
    "-fwasm-exceptions -mllvm -wasm-enable-sjlj -Qunused-arguments -isystem ${wasm}/include")
# Signals, and that uintptr_t is there: CMocka's header asks.
string(APPEND CMAKE_C_FLAGS_INIT " -D_WASI_EMULATED_SIGNAL -D_UINTPTR_T_DEFINED")
# The compiler that optimises at the time of linking has to be told, too.
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wl,-mllvm,-wasm-enable-sjlj")
set(CMAKE_C_STANDARD_LIBRARIES -lwasi-emulated-signal)
set(CMAKE_EXECUTABLE_SUFFIX_C .wasm)

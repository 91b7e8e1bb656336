# For 64 bits of RISC-V, run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(nanvm_target riscv64-linux-gnu)
set(nanvm_emulator qemu-riscv64)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

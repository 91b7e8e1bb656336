# For 64 bits of ARM, run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(nanvm_target aarch64-linux-gnu)
set(nanvm_emulator qemu-aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

# For 32 bits of ARM, run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(nanvm_target arm-linux-gnueabihf)
set(nanvm_emulator qemu-arm)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

# For s390x, which is big-endian, run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(nanvm_target s390x-linux-gnu)
set(nanvm_emulator qemu-s390x)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

# For 64 bits of x86 with musl, run as it is.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(nanvm_target x86_64-linux-musl)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

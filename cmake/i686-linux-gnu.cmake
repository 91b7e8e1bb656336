# For 32 bits on a 64-bit Linux, which runs them as they are.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(nanvm_target i686-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

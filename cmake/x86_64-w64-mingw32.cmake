# For 64 bits of Windows, run under wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(nanvm_target x86_64-w64-mingw32)
set(nanvm_emulator wine)
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

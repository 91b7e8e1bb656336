# For 64 bits of Windows, run under wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(nanvm_target x86_64-w64-mingw32)
find_program(WINE NAMES wine64 wine PATHS /usr/lib/wine) # Debian's wine64 is no command
mark_as_advanced(WINE)
set(nanvm_emulator ${WINE})
include("${CMAKE_CURRENT_LIST_DIR}/nanvm_cross.cmake")

# Of the compiler's own libraries a DLL needs none beside it, either.
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static-libgcc)
set(CMAKE_MODULE_LINKER_FLAGS_INIT -static-libgcc)

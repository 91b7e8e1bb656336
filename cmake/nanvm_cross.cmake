# What the toolchain files of other systems share: each sets `nanvm_target`, and
# `nanvm_emulator` where its programs don't run as they are.
#
# gcc unless another compiler is asked for: clang, which has a linker of its own, knows
# the target from here. Programs are linked statically, so that they need nothing of
# that system.
if(NOT CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER ${nanvm_target}-gcc)
endif()
set(CMAKE_C_COMPILER_TARGET ${nanvm_target})
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
if(CMAKE_C_COMPILER MATCHES clang)
    string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -fuse-ld=lld")
endif()
set(CMAKE_CROSSCOMPILING_EMULATOR ${nanvm_emulator})

# Its headers and libraries are never this system's; programs are.
set(CMAKE_FIND_ROOT_PATH /usr/${nanvm_target})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

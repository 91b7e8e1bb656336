# The library, as nanvm_mem::static and nanvm_mem::shared, and nanvm_mem::nanvm_mem
# for whichever of them BUILD_SHARED_LIBS chooses.

set(nanvm_sources
    src/block.c
    src/cell.c
    src/count.c
    src/drop.c
    src/fatal.c
    src/inline.c
    src/manager.c
    src/memory.c
    src/mut_ref.c
    src/new.c
    src/object.c
    src/ref.c
    src/ref_clone_deep.c
    src/ref_share.c
    src/remote.c
    src/stats.c
    src/type.c
    src/managers/arena.c
    src/managers/arena_chunks.c
    src/managers/global.c
    src/managers/global_blocks.c
    src/managers/local.c
    src/managers/thread.c
    src/pool/cache.c
    src/pool/chunk.c
    src/pool/free_slots.c
    src/pool/large.c
    src/pool/live.c
    src/pool/piece_slots.c
    src/pool/piece_table.c
    src/pool/pool.c
    src/pool/pools.c
    src/pool/raw.c
    src/pool/segment.c
    src/pool/shared.c
    src/pool/slab.c
    src/pool/slab_trim.c
    src/system/sanitizer.c
    src/system/system.c
    src/system/thread_end.c
    src/system/thread_number.c)

# Under valgrind's memcheck a local manager steps aside; to find out takes its header.
include(CheckIncludeFile)
include(CheckLinkerFlag)
check_include_file(valgrind/memcheck.h NANVM_HAS_VALGRIND_HEADER)

# Whether what unwinds the stack can be linked: musl-gcc has only what glibc's gcc would link.
# WebAssembly's exceptions are of another kind.
include(CheckCSourceCompiles)
function(nanvm_check_exceptions)
    set(CMAKE_REQUIRED_FLAGS -fexceptions)
    check_c_source_compiles(
        "#include <stdio.h>
        static void end(int *x) { (void)printf(\"%d\", *x); }
        int main(void) {
            int x __attribute__((cleanup(end))) = 0;
            return printf(\"%d\", x);
        }"
        nanvm_has_exceptions)
endfunction()
if(NOT MSVC AND NOT EMSCRIPTEN AND NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^wasm")
    nanvm_check_exceptions()
endif()

# The end of a thread is told by a key of POSIX. In glibc before 2.34 keys are in a library of
# their own.
if(UNIX AND NOT EMSCRIPTEN)
    check_c_source_compiles(
        "#include <pthread.h>
        static pthread_key_t key;
        int main(void) { return pthread_key_create(&key, 0); }"
        nanvm_has_thread_keys)
    if(NOT nanvm_has_thread_keys)
        set(nanvm_thread_flag -pthread)
    endif()
endif()

# The usual build, the hardened one and the debug one. Each has a name of its own, so that
# all can be installed side by side, and a program finds the library it was compiled for.
set(nanvm_library_name nanvm_mem)
set(nanvm_definitions)
# Of some files the hardened build has its own.
set(nanvm_hardened_sources ${nanvm_sources})
list(REMOVE_ITEM nanvm_hardened_sources src/managers/global_blocks.c src/pool/free_slots.c
                                        src/pool/cache.c)
list(APPEND nanvm_hardened_sources
    src/hardened/cache.c
    src/hardened/checksum.c
    src/hardened/chunk_memory.c
    src/hardened/closure.c
    src/hardened/count_word.c
    src/hardened/free_slots.c
    src/hardened/global_blocks.c
    src/hardened/guard_page.c
    src/hardened/header.c
    src/hardened/owner.c
    src/hardened/piece.c
    src/hardened/quarantine.c
    src/hardened/wipe.c)
set(nanvm_debug_sources
    ${nanvm_hardened_sources} src/debug/self_contained.c src/debug/cycle.c
    src/debug/unset.c)
set(nanvm_own_sources ${nanvm_sources})
set(nanvm_own_folder src/usual)
if(NANVM_DEBUG)
    set(nanvm_library_name nanvm_mem_debug)
    set(nanvm_definitions NANVM_DEBUG)
    set(nanvm_own_sources ${nanvm_debug_sources})
    set(nanvm_own_folder src/hardened)
elseif(NANVM_HARDENED)
    set(nanvm_library_name nanvm_mem_hardened)
    set(nanvm_definitions NANVM_HARDENED)
    set(nanvm_own_sources ${nanvm_hardened_sources})
    set(nanvm_own_folder src/hardened)
endif()

# The same bytes wherever the library is built: what it says for debuggers and in messages
# names a file by its place in the project. A build for debugging keeps the paths, by which
# a debugger finds the files.
function(nanvm_without_paths target)
    if(MSVC OR NOT NANVM_INSTALL)
        return()
    endif()
    foreach(folder IN ITEMS "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
        foreach(kind IN ITEMS debug macro)
            target_compile_options(
                ${target} PRIVATE "$<$<NOT:$<CONFIG:Debug>>:-f${kind}-prefix-map=${folder}=.>")
        endforeach()
    endforeach()
endfunction()

function(nanvm_add_library kind type)
    set(target nanvm_mem_${kind})
    add_library(${target} ${type} ${nanvm_own_sources})
    add_library(nanvm_mem::${kind} ALIAS ${target})
    target_include_directories(
        ${target}
        PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
        PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/${nanvm_own_folder}")
    set_target_properties(
        ${target}
        PROPERTIES OUTPUT_NAME ${nanvm_library_name}
                   EXPORT_NAME ${kind}
                   VERSION ${nanvm_abi}.${PROJECT_VERSION}
                   SOVERSION ${nanvm_abi}
                   C_VISIBILITY_PRESET hidden)
    target_compile_definitions(${target} PRIVATE NANVM_BUILDING)
    if(NANVM_HAS_VALGRIND_HEADER)
        target_compile_definitions(${target} PRIVATE NANVM_HAS_VALGRIND)
    endif()
    if(nanvm_has_exceptions) # a callback's may unwind through the library
        target_compile_options(${target} PRIVATE -fexceptions)
        target_compile_definitions(${target} PRIVATE NANVM_UNWINDS)
    endif()
    target_link_libraries(${target} PRIVATE ${nanvm_thread_flag})
    # Users of the library have to know: headers differ.
    target_compile_definitions(${target} PUBLIC ${nanvm_definitions})
    # The headers are C11. A project without a C compiler has no feature of one to ask for.
    target_compile_features(${target} INTERFACE $<$<BOOL:$<C_COMPILER_ID>>:c_std_11>)
    nanvm_c11(${target})
    nanvm_warnings(${target})
    nanvm_sanitizers(${target})
    nanvm_without_paths(${target})
endfunction()

# A static library is linked into shared ones, too.
function(nanvm_add_static)
    nanvm_add_library(static STATIC)
    if(NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)
        set_target_properties(nanvm_mem_static PROPERTIES POSITION_INDEPENDENT_CODE ON)
    endif()
    if(NANVM_STATIC_EXPORTS)
        target_compile_definitions(nanvm_mem_static PRIVATE NANVM_STATIC_EXPORTS)
    endif()
    if(WIN32 AND NOT MINGW) # nanvm_mem.lib is the import library of the shared one
        set_target_properties(nanvm_mem_static PROPERTIES OUTPUT_NAME ${nanvm_library_name}_static)
    endif()
endfunction()

function(nanvm_add_shared)
    nanvm_add_library(shared SHARED)
    target_compile_definitions(nanvm_mem_shared PUBLIC NANVM_SHARED)
    # Calls from one function of the library to another are direct.
    target_compile_options(
        nanvm_mem_shared PRIVATE $<$<C_COMPILER_ID:GNU>:-fno-semantic-interposition>)
    nanvm_version_symbols()
endfunction()

# In ELF each symbol has the ABI's number as its version, too. The loader refuses a program
# that asks for another one before it runs, even if it binds functions when they are first
# called; and of two shared libraries in one process each program gets its own.
function(nanvm_version_symbols)
    string(TOUPPER "${nanvm_library_name}_${nanvm_abi}" node)
    set(script "${PROJECT_BINARY_DIR}/${nanvm_library_name}.map")
    file(CONFIGURE OUTPUT "${script}" CONTENT "@node@ { global: nanvm_*; local: *; };\n" @ONLY)
    check_linker_flag(C "LINKER:--version-script=${script}" nanvm_has_version_script)
    if(nanvm_has_version_script AND NOT WIN32)
        target_link_options(nanvm_mem_shared PRIVATE "LINKER:--version-script=${script}")
        set_target_properties(nanvm_mem_shared PROPERTIES LINK_DEPENDS "${script}")
    endif()
endfunction()

# Inside another project, only what is linked is built.
function(nanvm_choose chosen other)
    add_library(nanvm_mem::nanvm_mem ALIAS ${chosen})
    if(TARGET ${other} AND NOT NANVM_INSTALL)
        set_target_properties(${other} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
endfunction()

nanvm_add_static()
get_property(nanvm_has_shared GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS)
if(nanvm_has_shared) # wasm hasn't
    nanvm_add_shared()
endif()

if(BUILD_SHARED_LIBS AND nanvm_has_shared)
    nanvm_choose(nanvm_mem_shared nanvm_mem_static)
else()
    nanvm_choose(nanvm_mem_static nanvm_mem_shared)
endif()

# The programs of the benchmark: bench_<workload>_<subject>, each a workload built
# with one subject. bench/CMakeLists.txt lists them; what can't be built here is
# reported by name, in the output of the configuration and by bench/measure.py.

include(CheckIncludeFile)
include(CheckLanguage)
find_package(PkgConfig QUIET)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

check_language(CXX)
if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
endif()
find_program(bench_ocamlopt ocamlopt)
find_program(bench_rustc rustc)
mark_as_advanced(bench_ocamlopt bench_rustc)

# As Debian builds its packages, and so the peers.
set(bench_optimisation -O2)
set(bench_rust_flags -C opt-level=3 -C panic=abort)

# --- subjects --------------------------------------------------------------------

# bench_subject(NAME [HEADER file] [LANGUAGE C|CXX|OCAML|RUST] [PACKAGE package]
#               [MODULE module | LIBRARY library | MALLOC library | CRATE crate]
#               [STANDARD standard] [CFG option...] [LINK target...])
#
# HEADER    subject_<NAME>.h unless given
# PACKAGE   Debian's name of what it needs, for the report
# MODULE    found by pkg-config
# LIBRARY   found by its name
# MALLOC    found by its name; replaces malloc, so it is linked though nothing names it
# CRATE     Rust's, one that needs no other crate, as Debian's packages install its source
# STANDARD  of C++, 17 unless given
# CFG       what a program in Rust is built for, as in #[cfg(option)]
function(bench_subject name)
    cmake_parse_arguments(
        arg "" "HEADER;LANGUAGE;PACKAGE;MODULE;LIBRARY;MALLOC;CRATE;STANDARD" "LINK;CFG"
        ${ARGN})
    if(NOT arg_HEADER)
        set(arg_HEADER subject_${name}.h)
    endif()
    if(NOT arg_LANGUAGE)
        set(arg_LANGUAGE C)
    endif()
    if(NOT arg_STANDARD)
        set(arg_STANDARD 17)
    endif()
    bench_find_peer(${name})
    bench_find_compiler(${arg_LANGUAGE})
    foreach(field IN ITEMS HEADER LANGUAGE PACKAGE CRATE STANDARD CFG LINK missing)
        set(bench_${name}_${field} "${arg_${field}}" PARENT_SCOPE)
    endforeach()
    set(bench_subjects ${bench_subjects} ${name} PARENT_SCOPE)
endfunction()

# What the peer is linked with goes to arg_LINK, what isn't there to arg_missing.
macro(bench_find_peer name)
    set(arg_missing "")
    if(arg_MODULE)
        if(PkgConfig_FOUND)
            pkg_check_modules(bench_${name} QUIET IMPORTED_TARGET GLOBAL ${arg_MODULE})
        endif()
        list(APPEND arg_LINK PkgConfig::bench_${name})
        if(NOT TARGET PkgConfig::bench_${name})
            set(arg_missing ${arg_PACKAGE})
        endif()
    elseif(arg_LIBRARY OR arg_MALLOC)
        find_library(bench_library_${name} NAMES ${arg_LIBRARY} ${arg_MALLOC})
        mark_as_advanced(bench_library_${name})
        if(NOT bench_library_${name})
            set(arg_missing ${arg_PACKAGE})
        elseif(arg_LIBRARY)
            list(APPEND arg_LINK ${bench_library_${name}})
        else()
            list(APPEND arg_LINK -Wl,--push-state,--no-as-needed
                 ${bench_library_${name}} -Wl,--pop-state)
        endif()
    elseif(arg_CRATE)
        file(GLOB bench_crate_${arg_CRATE}
             "/usr/share/cargo/registry/${arg_CRATE}-[0-9]*/src/lib.rs")
        set(bench_crate_${arg_CRATE} "${bench_crate_${arg_CRATE}}" PARENT_SCOPE)
        if(NOT bench_crate_${arg_CRATE})
            set(arg_missing ${arg_PACKAGE})
        endif()
    endif()
endmacro()

macro(bench_find_compiler language)
    if("${language}" STREQUAL CXX AND NOT CMAKE_CXX_COMPILER)
        set(arg_missing g++)
    elseif("${language}" STREQUAL OCAML AND NOT bench_ocamlopt)
        set(arg_missing ocaml-nox)
    elseif("${language}" STREQUAL RUST AND NOT bench_rustc)
        set(arg_missing rustc)
    endif()
endmacro()

# --- workloads -------------------------------------------------------------------

# bench_workload(NAME SUBJECTS subject... [LINK target...] [MODULES module...]
#                [HEADERS header...] [PACKAGES package...])
# What a workload needs beside bench.c and these subjects: modules of pkg-config, headers.
# If one isn't there, PACKAGES are named.
function(bench_workload name)
    cmake_parse_arguments(arg "" "" "SUBJECTS;LINK;MODULES;HEADERS;PACKAGES" ${ARGN})
    set(found TRUE)
    foreach(module IN LISTS arg_MODULES)
        if(PkgConfig_FOUND)
            pkg_check_modules(bench_${module} QUIET IMPORTED_TARGET GLOBAL ${module})
        endif()
        list(APPEND arg_LINK PkgConfig::bench_${module})
        if(NOT TARGET PkgConfig::bench_${module})
            set(found FALSE)
        endif()
    endforeach()
    foreach(header IN LISTS arg_HEADERS)
        check_include_file(${header} bench_has_${header})
        if(NOT bench_has_${header})
            set(found FALSE)
        endif()
    endforeach()
    set(missing "")
    if(NOT found)
        set(missing ${arg_PACKAGES})
    endif()
    foreach(subject IN LISTS arg_SUBJECTS)
        set(bench_more_link_${name}_${subject} "${arg_LINK}" PARENT_SCOPE)
        set(bench_more_packages_${name}_${subject} "${arg_PACKAGES}" PARENT_SCOPE)
        set(bench_more_missing_${name}_${subject} "${missing}" PARENT_SCOPE)
    endforeach()
endfunction()

# All of them, and nothing else: `cmake --build . --target bench_programs`.
add_custom_target(bench_programs)

# --- programs --------------------------------------------------------------------

# bench(WORKLOAD SUBJECT...): the programs bench_<WORKLOAD>_<SUBJECT>.
function(bench workload)
    foreach(subject IN LISTS ARGN)
        if(NOT subject IN_LIST bench_subjects)
            message(FATAL_ERROR "bench(${workload} ${subject}): there is no such subject")
        endif()
        bench_source(source ${workload} ${subject})
        bench_missing(missing ${workload} ${subject} ${source})
        if(missing)
            bench_skip(${workload} ${subject} "missing: ${missing}")
        else()
            bench_program(${workload} ${subject} ${source})
        endif()
    endforeach()
endfunction()

# What keeps the program from being built: packages, or files of ours.
function(bench_missing result workload subject source)
    set(missing ${bench_${subject}_missing} ${bench_more_missing_${workload}_${subject}})
    set(files ${source})
    if(bench_${subject}_LANGUAGE MATCHES "^C" AND NOT source MATCHES "^peers/")
        list(APPEND files ${bench_${subject}_HEADER})
    endif()
    foreach(file IN LISTS files)
        if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
            list(APPEND missing bench/${file})
        endif()
    endforeach()
    list(JOIN missing " " missing)
    set(${result} "${missing}" PARENT_SCOPE)
endfunction()

# <workload>.c, but for a language or a program of the peer's own in peers.
function(bench_source result workload subject)
    set(source ${workload}.c)
    if(bench_${subject}_LANGUAGE STREQUAL OCAML)
        set(source peers/${workload}.ml)
    elseif(bench_${subject}_LANGUAGE STREQUAL RUST)
        set(source peers/${workload}.rs)
    endif()
    foreach(suffix IN ITEMS c cc rs)
        set(own peers/${workload}_${subject}.${suffix})
        if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${own}")
            set(source ${own})
        endif()
    endforeach()
    set(${result} ${source} PARENT_SCOPE)
endfunction()

function(bench_skip workload subject why)
    message(STATUS "bench: ${workload} ${subject} is skipped: ${why}")
    bench_note(${workload} ${subject} "skipped" "${why}")
endfunction()

function(bench_program workload subject source)
    set(target bench_${workload}_${subject})
    if(bench_${subject}_LANGUAGE STREQUAL OCAML)
        bench_ocaml(${target} ${source})
    elseif(bench_${subject}_LANGUAGE STREQUAL RUST)
        bench_rust(${target} ${subject} ${source})
    else()
        bench_c(${target} ${workload} ${subject} ${source})
    endif()
    add_dependencies(bench_programs ${target})
    bench_note(${workload} ${subject} "program" "${CMAKE_CURRENT_BINARY_DIR}/${target}")
endfunction()

# One translation unit, that includes the workload: a file can't be C in one program
# and C++ in another.
function(bench_c target workload subject source)
    string(TOLOWER "${bench_${subject}_LANGUAGE}" suffix)
    set(header ${bench_${subject}_HEADER})
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${header}")
        set(header subject_none.h) # a program of the peer's own
    endif()
    set(unit "${CMAKE_CURRENT_BINARY_DIR}/units/${target}.${suffix}")
    file(CONFIGURE OUTPUT "${unit}" CONTENT "#include \"${source}\"\n" @ONLY)
    add_executable(${target} "${unit}")
    target_compile_definitions(
        ${target} PRIVATE BENCH_SUBJECT="${header}"
                          BENCH_SUBJECT_NAME="${subject}")
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    target_link_libraries(
        ${target} PRIVATE bench_frame ${bench_${subject}_LINK}
                          ${bench_more_link_${workload}_${subject}} Threads::Threads m)
    bench_compile(${target})
    set_target_properties(${target} PROPERTIES CXX_STANDARD ${bench_${subject}_STANDARD})
endfunction()

# What all units of the benchmark are built with.
function(bench_compile target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 CXX_STANDARD 17)
    target_compile_options(${target} PRIVATE ${bench_optimisation})
    nanvm_warnings(${target})
endfunction()

# ocamlopt leaves its files beside the source, so that is copied first.
function(bench_ocaml target source)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/units/${target}")
    get_filename_component(name "${source}" NAME)
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(
        OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${target}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_CURRENT_SOURCE_DIR}/${source}"
                "${folder}/${name}"
        COMMAND "${bench_ocamlopt}" -unsafe -inline 100 -I +unix unix.cmxa ${name} -o
                "${CMAKE_CURRENT_BINARY_DIR}/${target}"
        DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${source}"
        WORKING_DIRECTORY "${folder}"
        VERBATIM)
    add_custom_target(${target} ALL DEPENDS "${CMAKE_CURRENT_BINARY_DIR}/${target}")
endfunction()

function(bench_rust target subject source)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${target}")
    set(options "")
    foreach(option IN LISTS bench_${subject}_CFG)
        list(APPEND options --cfg ${option})
    endforeach()
    foreach(item IN LISTS bench_${subject}_LINK)
        list(APPEND options -C link-arg=${item})
    endforeach()
    set(library "")
    if(bench_${subject}_CRATE)
        bench_crate(${target} ${bench_${subject}_CRATE})
    endif()
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${bench_rustc}" --edition 2021 ${bench_rust_flags} ${options}
                "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${output}"
        DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${source}"
                "${CMAKE_CURRENT_SOURCE_DIR}/peers/bench.rs" ${library}
        VERBATIM)
    add_custom_target(${target} ALL DEPENDS "${output}")
endfunction()

# Builds the crate for one program: `library` is the file, `options` names it.
macro(bench_crate target crate)
    string(REPLACE "-" "_" name ${crate})
    set(library "${CMAKE_CURRENT_BINARY_DIR}/units/${target}/lib${name}.rlib")
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/units/${target}")
    add_custom_command(
        OUTPUT "${library}"
        COMMAND "${bench_rustc}" --edition 2018 ${bench_rust_flags} --crate-type rlib
                --crate-name ${name} --cap-lints allow "${bench_crate_${crate}}" -o
                "${library}"
        DEPENDS "${bench_crate_${crate}}"
        VERBATIM)
    list(APPEND options --extern "${name}=${library}")
endmacro()

# --- the list for bench/measure.py -----------------------------------------------

# "package" names all packages that the program uses, with a space between them.
function(bench_note workload subject key value)
    set(packages ${bench_${subject}_PACKAGE} ${bench_more_packages_${workload}_${subject}})
    list(JOIN packages " " packages)
    set_property(GLOBAL APPEND PROPERTY bench_notes
                 "{\"workload\": \"${workload}\", \"subject\": \"${subject}\", \
\"package\": \"${packages}\", \"${key}\": \"${value}\"}")
endfunction()

function(bench_write_list file)
    get_property(notes GLOBAL PROPERTY bench_notes)
    list(JOIN notes ",\n  " notes)
    set(compilers "\"${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}\"")
    file(WRITE "${file}" "{\"compiler\": ${compilers}, \"build\": \"${CMAKE_BUILD_TYPE}\", \
\"flags\": \"${bench_optimisation}\", \"ocamlopt\": \"${bench_ocamlopt}\", \
\"rustc\": \"${bench_rustc}\",\n \"programs\": [\n  ${notes}]}\n")
endfunction()

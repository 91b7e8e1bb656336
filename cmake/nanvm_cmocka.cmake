# nanvm_cmocka: the CMocka library. Debian's 1.1.5 defines no imported target.

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(PC_CMOCKA QUIET cmocka)
endif()
find_path(CMOCKA_INCLUDE_DIR cmocka.h HINTS ${PC_CMOCKA_INCLUDE_DIRS})
find_library(CMOCKA_LIBRARY NAMES cmocka HINTS ${PC_CMOCKA_LIBRARY_DIRS})
mark_as_advanced(CMOCKA_INCLUDE_DIR CMOCKA_LIBRARY)

if(NOT CMOCKA_INCLUDE_DIR OR NOT CMOCKA_LIBRARY)
    message(FATAL_ERROR "The tests need CMocka; on Debian: apt-get install libcmocka-dev. "
                        "To build without tests: -DNANVM_BUILD_TESTS=OFF")
endif()

add_library(nanvm_cmocka INTERFACE)
target_include_directories(nanvm_cmocka SYSTEM INTERFACE "${CMOCKA_INCLUDE_DIR}")
target_link_libraries(nanvm_cmocka INTERFACE "${CMOCKA_LIBRARY}")

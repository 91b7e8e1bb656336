# What a user can choose. Inside another project only the library is built.

option(NANVM_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(NANVM_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(NANVM_BUILD_DOCS "Build the documentation site" OFF)
option(NANVM_BUILD_BENCH "Build the programs of the benchmark" OFF)
option(NANVM_INSTALL "Add the rules that install the library" ${PROJECT_IS_TOP_LEVEL})
option(NANVM_WERROR "Treat warnings as errors" OFF)
option(NANVM_STATIC_EXPORTS "Let what contains the static library export its functions" OFF)
option(NANVM_HARDENED "Check every header, and keep the dead apart for a while" OFF)
option(NANVM_DEBUG "Check all that can be checked, for development" OFF)
set(NANVM_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
set(NANVM_TEST_LAUNCHER "${CMAKE_CROSSCOMPILING_EMULATOR}"
    CACHE STRING "What runs each test, such as valgrind;--quiet")
option(BUILD_SHARED_LIBS "Make nanvm_mem::nanvm_mem the shared library" OFF)

set(nanvm_option_names
    NANVM_BUILD_TESTS NANVM_BUILD_EXAMPLES NANVM_BUILD_DOCS NANVM_BUILD_BENCH NANVM_INSTALL
    NANVM_WERROR NANVM_STATIC_EXPORTS NANVM_HARDENED NANVM_DEBUG NANVM_SANITIZE
    NANVM_TEST_LAUNCHER)

# A misspelt option would otherwise pass in silence.
function(nanvm_report_unknown_options)
    get_cmake_property(names CACHE_VARIABLES)
    list(FILTER names INCLUDE REGEX "^NANVM_")
    list(REMOVE_ITEM names ${nanvm_option_names} NANVM_HAS_VALGRIND_HEADER)
    foreach(name IN LISTS names)
        list(JOIN nanvm_option_names ", " known)
        message(WARNING "${name} is not an option of nanvm_mem. There are: ${known}.")
    endforeach()
endfunction()

nanvm_report_unknown_options()

if(NANVM_DEBUG) # a debug build is a hardened one that checks more
    set(NANVM_HARDENED ON)
endif()

# Headers and tests look at the build with a debugger: without a build type
# there would be neither symbols nor speed.
get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT multi_config AND NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "How to build" FORCE)
endif()

# One program for each tests/test_<noun>.c, one ctest entry for each test in it.

# The names of the test functions that `file` lists; a change of the file configures anew.
function(nanvm_test_functions result file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(STRINGS "${file}" lines REGEX "^ *TEST\\(test_[A-Za-z0-9_]+[,)]")
    list(TRANSFORM lines REPLACE "^ *TEST\\((test_[A-Za-z0-9_]+)[,)].*$" "\\1")
    set(${result} "${lines}" PARENT_SCOPE)
endfunction()

function(nanvm_unit_test_program target file)
    add_executable(${target} "${file}")
    target_link_libraries(${target} PRIVATE nanvm_test_support)
    nanvm_c11(${target})
    nanvm_warnings(${target})
    nanvm_sanitizers(${target})
endfunction()

# A request that no memory can meet is a null handle, not the end of the program. Pools are
# tested under sanitizers, too, where they would step aside.
set(nanvm_sanitizer_options
    "ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1:detect_stack_use_after_return=1"
    "TSAN_OPTIONS=allocator_may_return_null=1:second_deadlock_stack=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "NANVM_SANITIZER=off")
if(NANVM_HARDENED) # whose tests look for what is left on the stack
    list(TRANSFORM nanvm_sanitizer_options REPLACE ":detect_stack_use_after_return=1"
                                                   ":detect_stack_use_after_return=0")
endif()
if(APPLE) # there is no leak detection
    list(TRANSFORM nanvm_sanitizer_options REPLACE ":detect_leaks=1" "")
endif()

# Adds `<noun>.<behaviour>` for each test in `file`.
function(nanvm_add_unit_tests file)
    get_filename_component(program "${file}" NAME_WE)
    string(REGEX REPLACE "^test_" "" noun "${program}")
    nanvm_unit_test_program(${program} "${file}")
    nanvm_test_functions(functions "${file}")
    if(NOT functions)
        message(FATAL_ERROR "${file} lists no `TEST(test_...)`")
    endif()
    foreach(function IN LISTS functions)
        string(REGEX REPLACE "^test_" "" behaviour "${function}")
        add_test(NAME ${noun}.${behaviour} COMMAND ${NANVM_TEST_LAUNCHER}
                                                   $<TARGET_FILE:${program}> ${function})
        set_tests_properties(
            ${noun}.${behaviour}
            PROPERTIES LABELS unit
                       ENVIRONMENT "${nanvm_sanitizer_options}"
                       TIMEOUT 150
                       SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
    endforeach()
endfunction()

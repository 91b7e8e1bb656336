# Looks for NDEBUG in the library below ROOT, and for assert.h, which depends on it.

file(GLOB_RECURSE files "${ROOT}/src/*.[hc]" "${ROOT}/include/*.h")
list(LENGTH files length)
if(length LESS 40)
    message(FATAL_ERROR "Only ${length} files of the library were found in ${ROOT}")
endif()
foreach(file IN LISTS files)
    file(STRINGS "${file}" lines REGEX "NDEBUG|assert\\.h")
    if(lines)
        message(SEND_ERROR "${file} depends on NDEBUG: ${lines}")
    endif()
endforeach()

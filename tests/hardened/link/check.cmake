# Links UNIT, whose only USE of the library is given, with the hardened LIBRARY: as one that
# is hardened, and as one that isn't, which must not succeed. With inline functions inlined:
# where they aren't, the library's own copies are called, which know its headers.

function(link_unit result errors)
    execute_process(
        COMMAND "${CC}" -std=c11 -O2 ${ARGN} "-DUSE=${USE}" "-I${INCLUDE}" "${UNIT}"
                "${LIBRARY}" -o "${PROGRAM}"
        RESULT_VARIABLE status ERROR_VARIABLE text)
    set(${result} "${status}" PARENT_SCOPE)
    set(${errors} "${text}" PARENT_SCOPE)
endfunction()

link_unit(status errors -DNANVM_HARDENED)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "A hardened unit doesn't link:\n${errors}")
endif()
link_unit(status errors)
if(status EQUAL 0)
    message(FATAL_ERROR "A unit that isn't hardened links: ${USE}")
endif()
if(NOT errors MATCHES "undefined[^\n]*nanvm_|nanvm_[^\n]*referenced")
    message(FATAL_ERROR "It doesn't link for another reason:\n${errors}")
endif()

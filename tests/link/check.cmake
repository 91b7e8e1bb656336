# Links UNIT, whose only USE of the library is given, with the LIBRARY of one BUILD (usual,
# hardened or debug): as a unit of that build, and as one of each of the others, which must
# not succeed. With inline functions inlined: where they aren't, the library's own copies
# are called, which know its headers.

set(flags_of_usual)
set(flags_of_hardened -DNANVM_HARDENED)
set(flags_of_debug -DNANVM_DEBUG)
if(NOT DEFINED flags_of_${BUILD} AND NOT BUILD STREQUAL "usual")
    message(FATAL_ERROR "There is no build '${BUILD}'")
endif()

function(link_unit result errors build)
    execute_process(
        COMMAND "${CC}" -std=c11 -O2 ${flags_of_${build}} "-DUSE=${USE}" "-I${INCLUDE}"
                "${UNIT}" "${LIBRARY}" -o "${PROGRAM}"
        RESULT_VARIABLE status ERROR_VARIABLE text)
    set(${result} "${status}" PARENT_SCOPE)
    set(${errors} "${text}" PARENT_SCOPE)
endfunction()

link_unit(status errors ${BUILD})
if(NOT status EQUAL 0)
    message(FATAL_ERROR "A unit of the same build doesn't link:\n${errors}")
endif()
foreach(build IN ITEMS usual hardened debug)
    if(build STREQUAL BUILD)
        continue()
    endif()
    link_unit(status errors ${build})
    if(status EQUAL 0)
        message(FATAL_ERROR "A ${build} unit links with the ${BUILD} library: ${USE}")
    endif()
    if(NOT errors MATCHES "undefined[^\n]*nanvm_|nanvm_[^\n]*referenced")
        message(FATAL_ERROR "A ${build} unit doesn't link for another reason:\n${errors}")
    endif()
endforeach()

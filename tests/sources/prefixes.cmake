# Fails if an external function or variable of the library lives outside the file of its
# prefix: nanvm_chunk_first() belongs into chunk.c, and nanvm_chunk_memory_free() into
# chunk_memory.c, the longest name of a file that fits. What builds of other kinds put in front
# of a name, and the number of the ABI behind it, aren't parts of it.

cmake_policy(VERSION 3.21)

set(stems)
foreach(file IN LISTS SOURCES)
    get_filename_component(stem "${file}" NAME_WE)
    list(APPEND stems "${stem}")
endforeach()

function(home_of result symbol)
    set(home)
    set(longest 0)
    foreach(stem IN LISTS stems)
        string(LENGTH "${stem}" length)
        if("${symbol}_" MATCHES "^nanvm_((hardened|debug)_)?${stem}_" AND length GREATER longest)
            set(home "${stem}")
            set(longest ${length})
        endif()
    endforeach()
    set(${result} "${home}" PARENT_SCOPE)
endfunction()

execute_process(COMMAND "${NM}" "${LIBRARY}" OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" lines "${text}")
set(found 0)
foreach(line IN LISTS lines)
    if(line MATCHES "^([^ .]+)\\.")
        set(stem "${CMAKE_MATCH_1}")
    elseif(line MATCHES " [TDRB] _?(nanvm_[a-z_0-9]+)$" AND NOT stem STREQUAL inline)
        string(REGEX REPLACE "_abi[0-9]*$" "" symbol "${CMAKE_MATCH_1}")
        math(EXPR found "${found} + 1")
        home_of(home "${symbol}")
        if(NOT home STREQUAL stem)
            message(SEND_ERROR "${symbol} lives in ${stem}.c; by its prefix it belongs into '${home}.c'")
        endif()
    endif()
endforeach()
if(found LESS 100)
    message(FATAL_ERROR "Only ${found} functions were found in ${LIBRARY}")
endif()

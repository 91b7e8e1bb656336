# Fails if a file of the library below ROOT includes one of a layer above its own, or if an
# object in LIBRARY needs a function of a layer above its own. The layers, bottom-up:
#
#   system < core < pool < managers
#
# The core is what lies in `src` itself. `usual` and `hardened` are two halves of the same
# interfaces: what a lower layer includes of them belongs to that layer. `debug` is above all,
# and its header, which is empty in other builds, may be included from the pool upwards.

cmake_policy(VERSION 3.21)

set(rank_of_public 0) # the linkable copies of the inline functions: anybody's
set(rank_of_system 0)
set(rank_of_core 1)
set(rank_of_pool 2)
set(rank_of_managers 3)
set(rank_of_hardened 4)
set(rank_of_usual 4)
set(rank_of_debug 5)
set(halves callback_guard.h chunk_memory.h integrity.h owner.h piece.h pool_quarantine.h)

function(layer_of result path)
    if(path MATCHES "^([a-z]+)/")
        set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    else()
        set(${result} core PARENT_SCOPE)
    endif()
endfunction()

# --- includes ---

file(GLOB_RECURSE files RELATIVE "${ROOT}/src" "${ROOT}/src/*.[hc]")
list(LENGTH files length)
if(length LESS 40)
    message(FATAL_ERROR "Only ${length} files of the library were found in ${ROOT}")
endif()

function(check_include file included)
    layer_of(own "${file}")
    layer_of(other "${included}")
    if(included IN_LIST halves OR (included STREQUAL debug/debug.h AND rank_of_${own} GREATER 1))
        return()
    endif()
    if(NOT EXISTS "${ROOT}/src/${included}")
        message(SEND_ERROR "${file} includes ${included}, which isn't there")
    elseif(rank_of_${other} GREATER rank_of_${own})
        message(SEND_ERROR "${file} includes ${included}: ${other} is above ${own}")
    endif()
endfunction()

foreach(file IN LISTS files)
    file(STRINGS "${ROOT}/src/${file}" lines REGEX "^#include \"")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" included "${line}")
        check_include("${file}" "${included}")
    endforeach()
endforeach()

# --- symbols ---

if(NOT NM)
    return()
endif()

# The layer of an object is that of its source, whose name no other file of a build has.
function(layer_of_object result object)
    if(object MATCHES "^inline\\.c\\.")
        set(${result} public PARENT_SCOPE)
        return()
    endif()
    foreach(file IN LISTS SOURCES)
        get_filename_component(name "${file}" NAME)
        if("${object}" MATCHES "^${name}\\.")
            string(REGEX REPLACE "^src/" "" path "${file}")
            layer_of(layer "${path}")
            set(${result} "${layer}" PARENT_SCOPE)
            return()
        endif()
    endforeach()
    message(FATAL_ERROR "${LIBRARY} has an object that nobody knows: ${object}")
endfunction()

execute_process(COMMAND "${NM}" "${LIBRARY}" OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" lines "${text}")
set(needs)
foreach(line IN LISTS lines)
    if(line MATCHES "^([^ ]+):$")
        layer_of_object(layer "${CMAKE_MATCH_1}")
    elseif(line MATCHES " U _?(nanvm_[a-z_0-9]+)$")
        list(APPEND needs "${layer}|${CMAKE_MATCH_1}")
    elseif(line MATCHES " [TDRB] _?(nanvm_[a-z_0-9]+)$")
        set(home_of_${CMAKE_MATCH_1} ${layer})
    endif()
endforeach()

list(LENGTH needs length)
if(length LESS 50)
    message(FATAL_ERROR "Only ${length} calls from one file to another were found in ${LIBRARY}")
endif()
foreach(need IN LISTS needs)
    string(REGEX MATCH "^([a-z]+)\\|(.*)$" all "${need}")
    set(own ${CMAKE_MATCH_1})
    set(symbol ${CMAKE_MATCH_2})
    set(home ${home_of_${symbol}})
    if(NOT home)
        message(SEND_ERROR "${symbol} is nowhere")
    elseif(rank_of_${home} GREATER rank_of_${own} AND NOT own STREQUAL public AND NOT home MATCHES "^(hardened|debug)$")
        message(SEND_ERROR "A file of ${own} needs ${symbol}, which is of ${home}, above it")
    endif()
endforeach()

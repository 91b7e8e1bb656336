# The line of README that configures an installation, run for SOURCE with COMPILER in
# DIRECTORY: neither tests nor examples are a part of it.

file(STRINGS "${SOURCE}/README.md" line REGEX "^cmake -S \\. -B build ")
list(LENGTH line lines)
if(NOT lines EQUAL 1)
    message(FATAL_ERROR "README has ${lines} lines that configure")
endif()
string(REPLACE "-B build " "-B ${DIRECTORY} " line "${line}")
separate_arguments(words UNIX_COMMAND "${line}")
list(POP_FRONT words)

file(REMOVE_RECURSE "${DIRECTORY}")
execute_process(COMMAND "${CMAKE_COMMAND}" ${words} "-DCMAKE_C_COMPILER=${COMPILER}"
                WORKING_DIRECTORY "${SOURCE}" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
foreach(part IN ITEMS tests examples)
    if(EXISTS "${DIRECTORY}/${part}")
        message(FATAL_ERROR "README has ${part} built")
    endif()
endforeach()

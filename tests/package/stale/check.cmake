# A client of another version, which calls FUNCTION, is linked with STATIC, and loaded with
# SHARED under the name SONAME, which its own library had: neither may succeed, and the
# message has to name EXPECTED. With its own library it runs. NODE, if given, is the version
# of the symbols of that library.

file(REMOVE_RECURSE "${DIRECTORY}")
file(MAKE_DIRECTORY "${DIRECTORY}/own" "${DIRECTORY}/this")

function(compile)
    execute_process(COMMAND "${CC}" "-DFUNCTION=${FUNCTION}" ${ARGN}
                    RESULT_VARIABLE status ERROR_VARIABLE errors)
    set(status "${status}" PARENT_SCOPE)
    set(errors "${errors}" PARENT_SCOPE)
endfunction()

# Runs the client with the library in a folder; what follows is set in the environment.
function(run folder)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E env "LD_LIBRARY_PATH=${DIRECTORY}/${folder}" ${ARGN}
                "${DIRECTORY}/client"
        RESULT_VARIABLE status OUTPUT_VARIABLE errors ERROR_VARIABLE errors)
    set(status "${status}" PARENT_SCOPE)
    set(errors "${errors}" PARENT_SCOPE)
endfunction()

function(expect_success what)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${what} fails:\n${errors}")
    endif()
endfunction()

function(expect_refusal what)
    if(status EQUAL 0)
        message(FATAL_ERROR "${what} succeeds")
    endif()
    if(NOT errors MATCHES "${EXPECTED}")
        message(FATAL_ERROR "${what} fails without naming ${EXPECTED}:\n${errors}")
    endif()
    message(STATUS "${what}: ${errors}")
endfunction()

set(more)
if(NODE)
    file(WRITE "${DIRECTORY}/library.map" "${NODE} { global: nanvm_*; local: *; };\n")
    set(more "-Wl,--version-script=${DIRECTORY}/library.map")
endif()
compile(-shared -fPIC "${SOURCE}/library.c" -o "${DIRECTORY}/own/${SONAME}"
        "-Wl,-soname,${SONAME}" ${more})
expect_success("Building the client's own library")
compile("${SOURCE}/client.c" "${DIRECTORY}/own/${SONAME}" -o "${DIRECTORY}/client"
        -Wl,-z,lazy)
expect_success("Linking the client with its own library")
run(own)
expect_success("Running the client with its own library")

file(CREATE_LINK "${SHARED}" "${DIRECTORY}/this/${SONAME}" SYMBOLIC)
run(this)
expect_refusal("Running the client with this library")
run(this LD_BIND_NOW=1)
expect_refusal("Loading the client with this library")

if(STATIC)
    compile("${SOURCE}/client.c" "${STATIC}" -o "${DIRECTORY}/static-client")
    expect_refusal("Linking the client with this static library")
endif()

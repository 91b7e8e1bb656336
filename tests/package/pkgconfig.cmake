# Builds SOURCE with COMPILER and what pkg-config says, in DIRECTORY, and runs it.
# PREFIX is where the library is installed now; LIBDIR its directory of libraries; MODULE
# its name.

file(MAKE_DIRECTORY "${DIRECTORY}")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")

function(run_pkg_config result)
    execute_process(COMMAND "${PKG_CONFIG}" ${ARGN} ${MODULE} OUTPUT_VARIABLE output
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(output UNIX_COMMAND "${output}")
    set(${result} "${output}" PARENT_SCOPE)
endfunction()

run_pkg_config(version --modversion)
run_pkg_config(flags --cflags --libs)
run_pkg_config(libdir --variable=libdir)
if(NOT version STREQUAL VERSION)
    message(FATAL_ERROR "pkg-config found version ${version}, not ${VERSION}")
endif()

execute_process(COMMAND "${COMPILER}" "${SOURCE}" -o "${DIRECTORY}/consumer" ${flags}
                        "-Wl,-rpath,${libdir}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${DIRECTORY}/consumer" COMMAND_ERROR_IS_FATAL ANY)

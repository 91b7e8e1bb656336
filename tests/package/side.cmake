# Builds SOURCE in WORK three times, as the usual, the hardened and the debug build, and
# installs all of them at PREFIX, which is emptied first.

file(REMOVE_RECURSE "${PREFIX}")
foreach(build IN ITEMS usual hardened debug)
    set(options_usual)
    set(options_hardened -DNANVM_HARDENED=ON)
    set(options_debug -DNANVM_DEBUG=ON)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${SOURCE}" -B "${WORK}/${build}"
                "-DCMAKE_C_COMPILER=${C_COMPILER}" -DCMAKE_BUILD_TYPE=Debug
                -DNANVM_BUILD_TESTS=OFF -DNANVM_BUILD_EXAMPLES=OFF ${options_${build}}
        COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/${build}" --config Debug
                            COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${CMAKE_COMMAND}" --install "${WORK}/${build}" --prefix
                            "${PREFIX}" --config Debug COMMAND_ERROR_IS_FATAL ANY)
endforeach()

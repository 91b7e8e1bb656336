# Installs what is in BUILD at PREFIX, which is emptied first. With MOVE the tree is
# installed elsewhere and moved there, and the first place is gone.

set(first "${PREFIX}")
if(MOVE)
    set(first "${PREFIX}-before")
endif()
file(REMOVE_RECURSE "${PREFIX}" "${first}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${first}"
                        --config "${CONFIG}" COMMAND_ERROR_IS_FATAL ANY)
if(MOVE)
    file(RENAME "${first}" "${PREFIX}")
endif()

# No file that was installed may know where.
file(GLOB_RECURSE files "${PREFIX}/*.cmake" "${PREFIX}/*.pc")
foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(FIND "${text}" "${first}" at)
    if(NOT at EQUAL -1)
        message(FATAL_ERROR "${file} says where it was installed")
    endif()
endforeach()

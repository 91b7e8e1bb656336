# WAY: `package`, the installed library; COMPONENTS: what to ask it for;
# `subdirectory`: its sources, at SOURCE, as a part of this project.

if(WAY STREQUAL "package")
    find_package(nanvm_mem 0.1 REQUIRED COMPONENTS ${COMPONENTS})
    # Not one that happens to be installed on the system.
    if(NOT nanvm_mem_DIR MATCHES "^${CMAKE_PREFIX_PATH}/")
        message(FATAL_ERROR "found ${nanvm_mem_DIR}, not what is in ${CMAKE_PREFIX_PATH}")
    endif()
else()
    set(flags_before "${CMAKE_C_FLAGS}|${CMAKE_CXX_FLAGS}|${CMAKE_BUILD_TYPE}")
    add_subdirectory("${SOURCE}" nanvm_mem)

    # Nothing but the library comes along, and no flag of it leaks.
    if(NOT flags_before STREQUAL "${CMAKE_C_FLAGS}|${CMAKE_CXX_FLAGS}|${CMAKE_BUILD_TYPE}")
        message(FATAL_ERROR "the library changed this project's flags")
    endif()
    get_property(targets DIRECTORY "${SOURCE}" PROPERTY BUILDSYSTEM_TARGETS)
    get_property(below DIRECTORY "${SOURCE}" PROPERTY SUBDIRECTORIES)
    if(NOT "${targets}|${below}" STREQUAL "nanvm_mem_static;nanvm_mem_shared|")
        message(FATAL_ERROR "more than the library came along: ${targets} ${below}")
    endif()
    foreach(kind IN ITEMS nanvm_mem::static nanvm_mem::shared nanvm_mem::nanvm_mem)
        get_target_property(target ${kind} ALIASED_TARGET)
        foreach(property IN ITEMS OPTIONS FEATURES)
            get_target_property(leaked ${target} INTERFACE_COMPILE_${property})
            if(leaked)
                message(FATAL_ERROR "${kind} makes those who link it compile with ${leaked}")
            endif()
        endforeach()
    endforeach()
endif()

if(NOT TARGET ${TARGET})
    message(FATAL_ERROR "there is no ${TARGET}")
endif()

# Which library stands behind the name, where that was asked for.
if(EXPECTED)
    get_target_property(type ${TARGET} TYPE)
    if(NOT type STREQUAL "${EXPECTED}_LIBRARY")
        message(FATAL_ERROR "${TARGET} is a ${type}, not a ${EXPECTED}_LIBRARY")
    endif()
endif()

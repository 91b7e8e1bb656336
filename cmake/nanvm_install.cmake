# Headers, libraries, package files. Nothing of it knows where it is installed,
# so that the tree can be moved.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(nanvm_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/nanvm_mem")

install(DIRECTORY include/nanvm TYPE INCLUDE COMPONENT headers)
install(FILES LICENSE TYPE DOC COMPONENT headers)

# One file of targets for each library, so that they can be packaged apart.
function(nanvm_install_library kind)
    target_include_directories(nanvm_mem_${kind}
                               INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    install(
        TARGETS nanvm_mem_${kind}
        EXPORT nanvm_mem_${kind}
        COMPONENT ${kind})
    install(
        EXPORT nanvm_mem_${kind}
        FILE ${nanvm_library_name}-${kind}.cmake
        NAMESPACE nanvm_mem::
        DESTINATION "${nanvm_package_dir}"
        COMPONENT ${kind})
endfunction()

nanvm_install_library(static)
if(nanvm_has_shared)
    nanvm_install_library(shared)
endif()

configure_package_config_file(
    cmake/nanvm_mem-config.cmake.in "${PROJECT_BINARY_DIR}/nanvm_mem-config.cmake"
    INSTALL_DESTINATION "${nanvm_package_dir}"
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/nanvm_mem-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/nanvm_mem-config.cmake"
              "${PROJECT_BINARY_DIR}/nanvm_mem-config-version.cmake"
        DESTINATION "${nanvm_package_dir}"
        COMPONENT headers)

# `dir` as pkg-config reads it: relative to the prefix, unless it is absolute.
function(nanvm_pc_dir result dir)
    if(NOT IS_ABSOLUTE "${dir}")
        set(dir "\${prefix}/${dir}")
    endif()
    set(${result} "${dir}" PARENT_SCOPE)
endfunction()

# The prefix, seen from the directory of the .pc file.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(nanvm_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(nanvm_pc_prefix "\${pcfiledir}/${up}")
endif()
nanvm_pc_dir(nanvm_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
nanvm_pc_dir(nanvm_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
if(nanvm_definitions)
    set(nanvm_pc_cflags " -D${nanvm_definitions}")
endif()
if(nanvm_thread_flag)
    set(nanvm_pc_libs " ${nanvm_thread_flag}")
endif()
configure_file(cmake/nanvm_mem.pc.in "${PROJECT_BINARY_DIR}/${nanvm_library_name}.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/${nanvm_library_name}.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
        COMPONENT headers)

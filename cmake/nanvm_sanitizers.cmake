# Builds `target` with the sanitizers that NANVM_SANITIZE names. All that is
# linked into one program needs the same ones.
function(nanvm_sanitizers target)
    if(NOT NANVM_SANITIZE)
        return()
    endif()
    if(MSVC)
        target_compile_options(${target} PRIVATE "/fsanitize=${NANVM_SANITIZE}")
        return()
    endif()
    set(flags "-fsanitize=${NANVM_SANITIZE}" -fno-sanitize-recover=all
              -fno-omit-frame-pointer)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PRIVATE ${flags})
endfunction()

# Applied to the project's own targets, never to those who link them.
function(nanvm_warnings target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4)
    else()
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion
                                                 -Wshadow)
    endif()
    if(WIN32 AND NOT MINGW) # which would have other functions than those of C
        target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS)
    endif()
    if(NANVM_WERROR)
        target_compile_options(${target} PRIVATE $<IF:$<BOOL:${MSVC}>,/WX,-Werror>)
    endif()
endfunction()

# The language that the project is written in, and nothing beyond it.
function(nanvm_c11 target)
    set_target_properties(
        ${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
endfunction()

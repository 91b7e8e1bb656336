# Every function says who owns what, how it fails, which threads may call it, and
# what it costs: HEADERS is the folder to look in.

set(labels @ownership @errors @threads @cost)

function(nanvm_check_comment header comment)
    string(REGEX MATCH "nanvm_[a-z_]+\\(" name "${comment}")
    foreach(label IN LISTS labels)
        if(NOT comment MATCHES "${label}")
            message(SEND_ERROR "${header}: ${name}) says nothing of ${label}")
        endif()
    endforeach()
endfunction()

file(GLOB headers "${HEADERS}/*.h")
foreach(header IN LISTS headers)
    file(READ "${header}" text)
    string(REPLACE ";" "" text "${text}")
    string(REPLACE "[" "" text "${text}") # lists don't split in brackets
    string(REPLACE "]" "" text "${text}")
    string(REPLACE "/**" ";" comments "${text}")
    foreach(comment IN LISTS comments)
        if(comment MATCHES "\\*/[ \n]*NANVM_(API|INLINE)")
            nanvm_check_comment("${header}" "${comment}")
        endif()
    endforeach()
endforeach()

# cmake -D PROGRAM=… -D NUMBER=… -D EXPECTED=file -P CompareOutput.cmake: fails unless `PROGRAM NUMBER` prints just what
# the file holds. Blanks at the ends of lines do not count.
execute_process(COMMAND "${PROGRAM}" "${NUMBER}" OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE status)
file(READ "${EXPECTED}" expected)
string(REGEX REPLACE "[ ]+\n" "\n" printed "${printed}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "The program ended with ${status}\n${printed}${errors}")
endif()
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "Expected:\n${expected}\nPrinted:\n${printed}")
endif()

# cmake -D MODE=installed|subdirectory -D SOURCE_DIR=… -D BINARY_DIR=… -D WORK_DIR=… -D GENERATOR=… -D COMPILER=…
#       -D FLAGS=… -P run.cmake
# Builds and runs the project of this folder in WORK_DIR, against an installation of BINARY_DIR's build or against the
# sources themselves.

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "Exit status ${status}: ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
if(MODE STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${BINARY_DIR}" --prefix "${WORK_DIR}/prefix")
  # Moved, so that no path into the first place may be left in it.
  file(RENAME "${WORK_DIR}/prefix" "${WORK_DIR}/moved")
  set(where "-DCMAKE_PREFIX_PATH=${WORK_DIR}/moved" -DCMAKE_BUILD_TYPE=Release)
else()
  # This is about how it builds, not about speed: batches of sources, no optimization, one SIMD target.
  set(where "-DSEPAL_SOURCE_DIR=${SOURCE_DIR}" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=24)
  string(APPEND FLAGS " -O0 -DHWY_COMPILE_ONLY_STATIC")
endif()
run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/tests/consumer" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}" ${where})
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
run("${WORK_DIR}/build/consumer")

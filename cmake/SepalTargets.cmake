# The three things a folder's CMakeLists.txt says: its sources, its public headers, its tests.

function(sepal_set_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
endfunction()

# sepal_sources(a.cpp b.cpp): compiled into the library.
function(sepal_sources)
  target_sources(sepal PRIVATE ${ARGN})
endfunction()

# The same for sources that may not stand in a batch with others (CMAKE_UNITY_BUILD): Highway compiles a file once for
# each SIMD target by including it again, and a program that replaces a function must replace a whole object.
function(sepal_sources_alone)
  sepal_sources(${ARGN})
  set_source_files_properties(${ARGN} TARGET_DIRECTORY sepal PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# sepal_public_headers(a.h b.h): installed, and each must compile alone.
function(sepal_public_headers)
  target_sources(sepal PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${ARGN})
endfunction()

# Each test of a program for ctest, or with SEPAL_TEST_PROGRAMS the program: thousands of processes take longer than what
# they test, above all with sanitizers.
function(sepal_register_tests target environment)
  if(SEPAL_TEST_PROGRAMS)
    add_test(NAME ${target} COMMAND ${target})
    set_tests_properties(${target} PROPERTIES TIMEOUT 1200 ENVIRONMENT ${environment})
  else()
    gtest_discover_tests(${target} DISCOVERY_TIMEOUT 60 ${ARGN} PROPERTIES TIMEOUT 600 ENVIRONMENT ${environment})
  endif()
endfunction()

# sepal_tests(ops a_test.cpp b_test.cpp [LIBRARIES more]): one test program for a folder. With oneDNN the same objects are linked a
# second time against the library without it, so that the reference kernels pass every test, too.
function(sepal_tests folder)
  if(NOT SEPAL_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 tests "" "" LIBRARIES)
  set(target sepal_${folder}_test)
  add_executable(${target} ${tests_UNPARSED_ARGUMENTS})
  set(libraries ${tests_LIBRARIES} sepal_test_support fmt::fmt GTest::gtest GTest::gmock GTest::gtest_main ZLIB::ZLIB PkgConfig::LIBZIP
                PkgConfig::HDF5)
  target_link_libraries(${target} PRIVATE sepal ${libraries})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${target} PRIVATE SEPAL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  sepal_set_warnings(${target})
  # A third less to compile; what the tests wait for is in the library.
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  # The keras.json of whoever runs the tests must not decide them.
  set(environment KERAS_HOME=${PROJECT_BINARY_DIR}/no_keras_home)
  sepal_register_tests(${target} "${environment}")
  if(TARGET sepal_without_onednn)
    add_executable(${target}_without_onednn $<TARGET_OBJECTS:${target}>)
    # Named first, so that nothing is taken from the other library.
    target_link_libraries(${target}_without_onednn PRIVATE sepal_without_onednn ${libraries})
    sepal_register_tests(${target}_without_onednn "${environment}" TEST_PREFIX without_onednn.)
  endif()
endfunction()

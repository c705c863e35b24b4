# Install and export: find_package(Sepal) gives sepal::sepal.
install(TARGETS sepal EXPORT SepalExport
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT SepalExport FILE SepalExport.cmake NAMESPACE sepal:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Sepal)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/SepalConfig.cmake.in" SepalConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Sepal)
write_basic_package_version_file(SepalConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/SepalConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/SepalConfigVersion.cmake"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Sepal)

// The members of a .keras archive.
#pragma once

namespace sepal {

inline constexpr const char* kMetadataMember = "metadata.json";
inline constexpr const char* kConfigMember = "config.json";
inline constexpr const char* kWeightsMember = "model.weights.h5";

}  // namespace sepal

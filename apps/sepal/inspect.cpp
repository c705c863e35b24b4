#include "apps/sepal/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/ops/elementwise.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/json_limits.h"
#include "sepal/saving/keras_archive.h"
#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/legacy_layout.h"
#include "sepal/saving/printable.h"

namespace sepal::program {
namespace {

constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 46;

// What was found out so far, in the form that --json prints.
class Findings {
 public:
  // Runs a part of the inspection; what is wrong with it becomes a problem and does not end the others.
  template <class Part>
  void attempt(const Part& part) {
    try {
      part();
    } catch (const OSError&) {
      throw;
    } catch (const Error& error) {
      problems.push_back(error.what());
    }
  }

  bool check_finite = false;
  Json facts = Json::object();
  Json members = Json::array();
  Json layers = Json::array();
  Json weights = Json::array();
  Json problems = Json::array();
};

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const Json* entry(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string string_at(const Json& object, const char* key) {
  const Json* found = entry(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// The layers of a model's envelope, and of the models among them. Some old Sequentials are a bare list.
void add_layers(const Json& envelope, const std::string& prefix, Json& layers) {
  const Json* config = entry(envelope, "config");
  if (config == nullptr) return;
  const Json* list = config->is_array() ? config : entry(*config, "layers");
  if (list == nullptr || !list->is_array()) return;
  for (const Json& layer : *list) {
    const Json* inner = entry(layer, "config");
    std::string name = inner != nullptr ? string_at(*inner, "name") : std::string();
    if (name.empty()) name = string_at(layer, "name");
    layers.push_back({{"name", prefix + name}, {"class_name", string_at(layer, "class_name")}});
    add_layers(layer, prefix + name + "/", layers);
  }
}

void inspect_config(std::string_view text, const std::string& where, Findings& findings) {
  const Json envelope = parse_json(text, where);
  if (!envelope.is_object()) throw ValueError(fmt::format("{}: expected an object.", where));
  findings.facts["class_name"] = string_at(envelope, "class_name");
  if (const Json* config = entry(envelope, "config")) {
    const std::string name = string_at(*config, "name");
    if (!name.empty()) findings.facts["name"] = name;
  }
  const std::string version = string_at(envelope, "keras_version");
  if (!version.empty()) findings.facts["keras_version"] = version;
  if (const Json* compiled = entry(envelope, "compile_config"))
    findings.facts["compiled"] = !compiled->empty();
  add_layers(envelope, "", findings.layers);
}

std::int64_t not_finite(const Tensor& tensor) {
  if (!is_floating(tensor.dtype())) return 0;
  const Tensor wide = ops::cast(tensor, DType::float64);
  const std::span<const double> values = wide.values<double>();
  return std::count_if(values.begin(), values.end(), [](double value) { return !std::isfinite(value); });
}

void inspect_datasets(const H5File& file, Findings& findings) {
  for (const auto& [path, dataset] : file.datasets()) {
    findings.weights.push_back(
        {{"path", path},
         {"shape", dataset.shape.dims()},
         {"dtype", dataset.dtype ? std::string(name_of(*dataset.dtype)) : dataset.type}});
    findings.attempt([&, &path = path] {
      const Tensor tensor = file.read(path);
      const std::int64_t count = findings.check_finite ? not_finite(tensor) : 0;
      if (count == 0) return;
      throw ValueError(fmt::format("'{}': array '{}': {} of {} elements are NaN or infinite", file.name(),
                                   printable(path), count, tensor.num_elements()));
    });
  }
}

void inspect_h5(SharedBytes bytes, const std::string& path, Findings& findings) {
  const H5File file(std::move(bytes), path);
  findings.attempt([&] {
    if (!is_legacy_h5(file)) return;
    if (const auto version = legacy_keras_version(file)) findings.facts["keras_version"] = *version;
    const auto config = file.string_attribute("", "model_config");
    findings.facts["compiled"] = file.string_attribute("", "training_config").has_value();
    if (config) return inspect_config(*config, fmt::format("'{}': model_config", path), findings);
    if (const auto names = legacy_names(file, "", "layer_names")) {
      for (const std::string& name : *names) findings.layers.push_back({{"name", name}, {"class_name", ""}});
    }
  });
  inspect_datasets(file, findings);
}

// Other members than those of models are not looked into.
void inspect_member(const Archive& archive, const std::string& member, const std::string& path,
                    Findings& findings) {
  if (member == kWeightsMember) {
    // H5File quotes the name itself.
    const H5File file(archive.read_plausible(member, kMostFileBytes), fmt::format("{}: {}", path, member));
    inspect_datasets(file, findings);
  } else if (member == kMetadataMember || member == kConfigMember) {
    const SharedBytes content = archive.read_plausible(member, kMostJsonBytes);
    const std::string where = fmt::format("'{}': {}", path, member);
    if (member == kConfigMember) return inspect_config(text_of(content), where, findings);
    findings.facts["keras_version"] = string_at(parse_json(text_of(content), where), "keras_version");
  }
}

void inspect_archive(SharedBytes bytes, const std::string& path, Findings& findings) {
  const Archive archive(std::move(bytes), path);
  for (const ZipMember& member : archive.members()) {
    findings.members.push_back(
        {{"name", member.name}, {"bytes", member.size}, {"bytes_in_archive", member.compressed_size}});
    findings.attempt([&] { inspect_member(archive, member.name, path, findings); });
  }
  for (const char* member : {kMetadataMember, kConfigMember, kWeightsMember}) {
    if (!archive.has(member)) findings.problems.push_back(fmt::format("'{}': there is no {}", path, member));
  }
}

std::string shape_text(const Json& shape) { return Shape(shape.get<std::vector<std::int64_t>>()).str(); }

void print(const Findings& findings) {
  for (const auto& [key, value] : findings.facts.items()) {
    say(fmt::format("{}: {}\n", key, value.is_string() ? printable(value.get<std::string>()) : value.dump()));
  }
  const auto title = [](const char* name, const Json& list) {
    if (!list.empty()) say(fmt::format("\n{} ({})\n", name, list.size()));
  };
  const auto text = [](const Json& row, const char* key) { return printable(row[key].get<std::string>()); };
  title("members", findings.members);
  for (const Json& row : findings.members) {
    say(fmt::format("  {}  {} bytes, {} in the archive\n", text(row, "name"), row["bytes"].dump(),
                    row["bytes_in_archive"].dump()));
  }
  title("layers", findings.layers);
  for (const Json& row : findings.layers) {
    say(fmt::format("  {}  {}\n", text(row, "name"), text(row, "class_name")));
  }
  title("arrays", findings.weights);
  for (const Json& row : findings.weights) {
    say(fmt::format("  {}  {} {}\n", text(row, "path"), text(row, "dtype"), shape_text(row["shape"])));
  }
  title("problems", findings.problems);
  for (const Json& problem : findings.problems) {
    say(fmt::format("  {}\n", printable(problem.get<std::string>(), kMostMessageBytes)));
  }
}

}  // namespace

int inspect(const InspectArguments& arguments, const GlobalArguments& global) {
  const std::string& path = arguments.file;
  SharedBytes bytes = read_shared_file(path, kMostFileBytes);
  Findings findings;
  findings.check_finite = arguments.check_finite;
  findings.facts["file"] = path;
  findings.facts["bytes"] = bytes.size();
  findings.attempt([&] {
    if (is_zip(bytes)) {
      findings.facts["kind"] = "zip archive";
      inspect_archive(std::move(bytes), path, findings);
    } else if (is_h5(bytes)) {
      findings.facts["kind"] = "HDF5";
      inspect_h5(std::move(bytes), path, findings);
    } else {
      findings.facts["kind"] = "JSON";
      inspect_config(text_of(bytes), fmt::format("'{}': neither a zip archive nor HDF5, and as JSON", path),
                     findings);
    }
  });
  if (global.json) {
    Json all = findings.facts;
    all["members"] = findings.members;
    all["layers"] = findings.layers;
    all["weights"] = findings.weights;
    all["problems"] = findings.problems;
    say_json(all);
  } else {
    print(findings);
  }
  if (findings.problems.empty()) return kOk;
  const std::size_t others = findings.problems.size() - 1;
  say_error(findings.problems[0].get<std::string>() +
            (others == 0 ? "" : fmt::format(" And {} more problem(s)", others)));
  return kBadInput;
}

}  // namespace sepal::program

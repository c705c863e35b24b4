#include "sepal/saving/common_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace sepal {
namespace {

/// Which numbers stand for the calls of a layer, here and in the list of outputs of Keras 3.
enum class Counting {
  plain,       // a layer, or a Sequential that was not told its input
  sequential,  // in tf.keras 2 the model is its own first call
  functional,  // in lists of outputs also in Keras 3
};

Counting counting_of(const Json& layer) {
  if (layer["class_name"] == "Functional") return Counting::functional;
  if (layer["class_name"] != "Sequential") return Counting::plain;
  const Json& layers = layer["config"]["layers"];
  return !layers.empty() && layers[0]["class_name"] == "InputLayer" ? Counting::sequential : Counting::plain;
}

// [layer, call, tensor], as models list their inputs and outputs.
bool is_listed_tensor(const Json& value) {
  return value.is_array() && value.size() == 3 && value[0].is_string() && value[1].is_number_integer();
}

class NodeLister {
 public:
  explicit NodeLister(Json& config) : config_(config) {
    for (const Json& layer : config_["layers"])
      counting_[layer["name"].get<std::string>()] = counting_of(layer);
  }

  std::optional<std::string> run() {
    for (Json& layer : config_["layers"]) list_calls(layer);
    list_outputs(config_["output_layers"]);
    return problem_;
  }

 private:
  using Call = std::pair<std::string, std::int64_t>;

  void fail(const Json& layer, const char* what) {
    if (!problem_) problem_ = fmt::format("layer '{}': {}", layer["name"].get<std::string>(), what);
  }

  void list_calls(Json& layer) {
    Json calls = Json::array();
    const int copies = counting_.at(layer["name"].get<std::string>()) == Counting::plain ? 1 : 2;
    for (const Json& call : layer["inbound_nodes"]) {
      const Json inputs = is_function(layer) ? function_inputs(layer, call) : inputs_of(layer, call);
      for (int i = 0; i < copies; ++i) calls.push_back(inputs);
    }
    layer["inbound_nodes"] = std::move(calls);
  }

  static bool is_function(const Json& layer) {
    return layer["class_name"] == "TFOpLambda" || layer["class_name"] == "SlicingOpLambda";
  }

  // The call of a function of TensorFlow: its first argument is not in a list unless it is one, and each
  // tensor in it has all the keyword arguments.
  Json function_inputs(const Json& layer, const Json& call) {
    const Json kwargs = with_listed_tensors(layer, call["kwargs"]);
    const Json& first = call["args"][0];
    const auto listed = [&](const Json& value) -> Json {
      if (!is_tensor(value)) return Json::array({"_CONSTANT_VALUE", -1, value, kwargs});
      Json input = input_from(layer, value);
      input[3] = kwargs;
      return input;
    };
    const bool is_list = first.is_array() && std::any_of(first.begin(), first.end(), is_tensor);
    if (!is_list) return listed(first);
    Json inputs = Json::array();
    for (const Json& value : first) inputs.push_back(listed(value));
    return inputs;
  }

  Json with_listed_tensors(const Json& layer, const Json& value) {
    if (is_tensor(value)) {
      Json input = input_from(layer, value);
      input.erase(3);
      return input;
    }
    Json result = value;
    if (result.is_structured()) {
      for (Json& item : result) item = with_listed_tensors(layer, item);
    }
    return result;
  }

  static bool is_tensor(const Json& value) {
    return value.is_object() && value.value("class_name", Json()) == "__keras_tensor__";
  }

  Json inputs_of(const Json& layer, const Json& call) {
    const Json& args = call["args"];
    Json inputs = Json::array();
    if (args.size() != 1 || !call["kwargs"].empty()) {
      fail(layer, "it is called with several arguments");
    } else if (args[0].is_array() && args[0].size() > 1) {
      for (const Json& tensor : args[0]) inputs.push_back(input_from(layer, tensor));
    } else {
      // In a list of one, tf.keras 2 sees the tensor alone.
      inputs.push_back(input_from(layer, args[0]));
    }
    return inputs;
  }

  Json input_from(const Json& layer, const Json& tensor) {
    if (!is_tensor(tensor)) {
      fail(layer, "it is called with more than tensors");
      return {};
    }
    const Json& history = tensor["config"]["keras_history"];
    const auto name = history[0].get<std::string>();
    const auto call = history[1].get<std::int64_t>();
    read_.insert({name, call});
    const bool is_plain = counting_.at(name) == Counting::plain;
    return Json::array({name, is_plain ? call : 2 * call + 1, history[2], Json::object()});
  }

  void list_outputs(Json& value) {
    if (!is_listed_tensor(value)) {
      for (Json& item : value) list_outputs(item);
      return;
    }
    const auto name = value[0].get<std::string>();
    const Counting counting = counting_.at(name);
    if (counting == Counting::plain) return;
    const auto call = value[1].get<std::int64_t>() - (counting == Counting::functional ? 1 : 0);
    // Keras 3 would run both of the equal calls: it counts from 1 in this list, from 0 elsewhere.
    if (counting == Counting::functional && read_.contains({name, call}) && !problem_) {
      problem_ = fmt::format("the output of the nested model '{}' is also an output of the model", name);
    }
    value[1] = 2 * call + 1;
  }

  Json& config_;
  std::map<std::string, Counting> counting_;
  std::set<Call> read_;
  std::optional<std::string> problem_;
};

}  // namespace

std::optional<std::string> to_common_nodes(Json& functional_config) {
  return NodeLister(functional_config).run();
}

}  // namespace sepal

// The config of a FunctionalModel: layers, the calls between them, inputs and outputs.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/graph/topology.h"
#include "sepal/layers/attention/multi_head_attention.h"
#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/operations/operation_layer.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"

namespace sepal {
namespace {

// The calls of each layer that belong to this model, in their order; it may have others.
using CallsOfLayer = std::map<const Operation*, std::vector<const Node*>>;

CallsOfLayer calls_in(const Topology& topology) {
  CallsOfLayer calls;
  for (const auto& node : topology.nodes) calls[node->operation().get()].push_back(node.get());
  for (auto& [operation, nodes] : calls) {
    std::sort(nodes.begin(), nodes.end(),
              [](const Node* a, const Node* b) { return a->index() < b->index(); });
  }
  return calls;
}

using NodeNumbers = std::map<const Node*, int>;

NodeNumbers number_nodes(const CallsOfLayer& calls) {
  NodeNumbers numbers;
  for (const auto& [operation, nodes] : calls) {
    for (std::size_t i = 0; i < nodes.size(); ++i) numbers[nodes[i]] = static_cast<int>(i);
  }
  return numbers;
}

Json tensor_reference(const KerasTensor& tensor, const NodeNumbers& numbers) {
  return {{"class_name", "__keras_tensor__"},
          {"config",
           {{"shape", shape_to_json(tensor.shape())},
            {"dtype", std::string(name_of(tensor.dtype()))},
            {"keras_history", Json::array({tensor.node()->operation()->name(),
                                           numbers.at(tensor.node().get()), tensor.tensor_index()})}}}};
}

Json by_key(const std::vector<std::string>& keys, const Json& values) {
  Json dictionary = Json::object();
  for (std::size_t i = 0; i < keys.size(); ++i) dictionary[keys[i]] = values[i];
  return dictionary;
}

Json calls_to_json(const std::vector<const Node*>& calls, const NodeNumbers& numbers) {
  Json list = Json::array();
  for (const Node* node : calls) {
    if (node->is_input()) continue;
    Json tensors = Json::array();
    for (const KerasTensor& input : node->inputs()) tensors.push_back(tensor_reference(input, numbers));
    if (const auto* function = dynamic_cast<const OperationLayer*>(node->operation().get())) {
      list.push_back(function->call_with(tensors));
      continue;
    }
    // Keras calls this layer with a tensor for each argument, and all others with a list.
    const bool takes_several =
        dynamic_cast<const MultiHeadAttentionLayer*>(node->operation().get()) != nullptr;
    Json args = node->list_input() && !takes_several ? Json::array({tensors}) : tensors;
    const auto* model = dynamic_cast<const FunctionalModel*>(node->operation().get());
    if (model != nullptr && model->input_structure().kind == TensorStructure::Kind::dictionary)
      args = Json::array({by_key(model->input_structure().keys, tensors)});
    Json kwargs = Json::object();
    const auto* attention = dynamic_cast<const CausalAttention*>(node->operation().get());
    if (attention != nullptr && attention->uses_causal_mask()) kwargs["use_causal_mask"] = true;
    list.push_back({{"args", std::move(args)}, {"kwargs", std::move(kwargs)}});
  }
  return list;
}

// In input_layers and output_layers a nested functional model counts its calls from 1, elsewhere from 0.
int listed_offset(const std::string& class_name) { return class_name == "Functional" ? 1 : 0; }

Json listed_tensors(const KerasTensors& tensors, const TensorStructure& structure,
                    const NodeNumbers& numbers) {
  Json list = Json::array();
  for (const KerasTensor& tensor : tensors) {
    const Operation& operation = *tensor.node()->operation();
    const auto* layer = dynamic_cast<const Layer*>(&operation);
    const int offset = layer != nullptr ? listed_offset(layer->class_name()) : 0;
    list.push_back(
        Json::array({operation.name(), numbers.at(tensor.node().get()) + offset, tensor.tensor_index()}));
  }
  if (structure.kind == TensorStructure::Kind::single) return list[0];
  if (structure.kind == TensorStructure::Kind::list) return list;
  return by_key(structure.keys, list);
}

// ---- Reading ----

struct TensorKey {
  std::string layer;
  std::int64_t node = 0;
  std::int64_t tensor = 0;
};

TensorKey key_from(const Json& triple, const std::string& where) {
  const bool is_key = triple.is_array() && triple.size() >= 3 && triple[0].is_string() &&
                      triple[1].is_number_integer() && triple[2].is_number_integer();
  if (!is_key) throw ValueError(fmt::format("{}: expected [layer name, node index, tensor index].", where));
  return {triple[0].get<std::string>(), triple[1].get<std::int64_t>(), triple[2].get<std::int64_t>()};
}

struct PendingCall {
  std::vector<TensorKey> inputs;
  bool list_input = false;
  /// What the call was given as masks of its inputs.
  std::vector<TensorKey> masks;
  bool causal = false;
};

// null, also for each of several tensors.
bool says_nothing(const Json& value) {
  if (!value.is_structured()) return value.is_null();
  return std::all_of(value.begin(), value.end(), [](const Json& item) { return says_nothing(item); });
}

// The mask of the input, one for each of a list of inputs, or that of an input by its name.
bool is_mask(const std::string& key, const Json& value) {
  if (key != "mask" && key != "query_mask" && key != "value_mask" && key != "key_mask") return false;
  if (!value.is_array()) return is_tensor_reference(value);
  return std::all_of(value.begin(), value.end(),
                     [](const Json& item) { return item.is_null() || is_tensor_reference(item); });
}

bool is_leaf(const Json& listed) {
  return listed.is_array() && listed.size() >= 3 && listed[0].is_string() && listed[1].is_number_integer();
}

// The leaves of lists in lists, in order.
void flatten_listed(const Json& listed, Json& leaves) {
  if (is_leaf(listed) || !listed.is_array()) {
    leaves.push_back(listed);
  } else {
    for (const Json& item : listed) flatten_listed(item, leaves);
  }
}

class GraphReader {
 public:
  explicit GraphReader(std::string owner) : owner_(std::move(owner)) {}

  void read_layers(const Json& layers) {
    if (!layers.is_array())
      throw ValueError(fmt::format("{}: expected a list of layers in field 'layers'.", owner_));
    for (const Json& entry : layers) read_layer(entry);
    connect();
  }

  KerasTensors tensors(const Json& listed, const char* field, TensorStructure& structure) const {
    const std::string where = fmt::format("{}, field '{}'", owner_, field);
    KerasTensors result;
    if (listed.is_object()) {
      structure.kind = TensorStructure::Kind::dictionary;
      std::map<std::string, Json> sorted;
      for (const auto& [key, value] : listed.items()) sorted[key] = value;
      for (const auto& [key, value] : sorted) {
        structure.keys.push_back(key);
        result.push_back(listed_tensor(value, where));
      }
      return result;
    }
    if (!listed.is_array() || listed.empty()) throw ValueError(fmt::format("{}: expected a list.", where));
    if (listed[0].is_string()) {
      structure.kind = TensorStructure::Kind::single;
      return {listed_tensor(listed, where)};
    }
    // Lists in lists become one list.
    Json leaves = Json::array();
    flatten_listed(listed, leaves);
    // Keras before 3.11 also wraps a single tensor, and means a single one by it.
    structure.kind = leaves.size() == 1 ? TensorStructure::Kind::single : TensorStructure::Kind::list;
    for (const Json& leaf : leaves) result.push_back(listed_tensor(leaf, where));
    return result;
  }

 private:
  using NodeKey = std::pair<std::size_t, std::int64_t>;  // which layer, which of its calls

  struct Entry {
    std::string name;
    std::shared_ptr<Layer> layer;
    std::vector<PendingCall> calls;
    std::size_t next_call = 0;
    std::vector<KerasTensors> outputs;  // of each call made so far
  };

  void read_layer(const Json& entry) {
    Entry read;
    const Json* name = config_find(entry, owner_, "name");
    read.layer = layer_from_envelope(entry, owner_);
    read.name = name != nullptr && name->is_string() ? name->get<std::string>() : read.layer->name();
    if (index_.contains(read.name)) {
      throw ValueError(fmt::format("{}: the layer name '{}' is used twice.", owner_, read.name));
    }
    const Json* nodes = config_find(entry, owner_, "inbound_nodes");
    const std::string where = fmt::format("layer '{}', field 'inbound_nodes'", read.name);
    if (nodes != nullptr && !nodes->is_array()) throw ValueError(fmt::format("{}: expected a list.", where));
    if (nodes != nullptr) {
      const auto function = std::dynamic_pointer_cast<OperationLayer>(read.layer);
      for (const Json& node : *nodes)
        read.calls.push_back(function ? read_operation(*function, node, where)
                                      : read_call(node, *read.layer, where));
    }
    set_causal(read);
    if (const auto input = std::dynamic_pointer_cast<InputLayer>(read.layer)) {
      read.outputs.push_back({input->tensor()});
    }
    index_[read.name] = entries_.size();
    entries_.push_back(std::move(read));
  }

  // All calls of a layer are causal, or none is.
  void set_causal(const Entry& read) const {
    const auto is_causal = [](const PendingCall& call) { return call.causal; };
    if (std::none_of(read.calls.begin(), read.calls.end(), is_causal)) return;
    const auto attention = std::dynamic_pointer_cast<CausalAttention>(read.layer);
    if (attention == nullptr || !std::all_of(read.calls.begin(), read.calls.end(), is_causal)) {
      throw UnimplementedError(fmt::format(
          "layer '{}': the call argument 'use_causal_mask' is not supported for this layer or not for each "
          "of its calls.",
          read.name));
    }
    attention->set_use_causal_mask(true);
  }

  PendingCall read_call(const Json& node, const Layer& layer, const std::string& where) const {
    if (!node.is_object() || !node.contains("args") || !node["args"].is_array()) {
      throw ValueError(fmt::format("{}: expected an object with a list \"args\".", where));
    }
    PendingCall call;
    const auto add = [&](const Json& reference) { call.inputs.push_back(reference_from(reference, where)); };
    for (const Json& argument : node["args"]) {
      if (argument.is_array()) {
        call.list_input = true;
        for (const Json& item : argument) add(item);
      } else if (argument.is_object() && !is_tensor_reference(argument)) {
        call.list_input = true;
        for (const std::string& key : keys_of_inputs(argument, layer, where)) add(argument[key]);
      } else {
        add(argument);
      }
    }
    Json named = Json::object();
    if (const auto kwargs = node.find("kwargs"); kwargs != node.end() && kwargs->is_object()) {
      for (const auto& [key, value] : kwargs->items()) {
        // Keras overrules a recorded `training` by what fit, evaluate or predict say; a call of the model
        // that says nothing is inference here.
        if (says_nothing(value) || (key == "training" && value.is_boolean())) continue;
        if (key == "inputs" && call.inputs.empty() && is_tensor_reference(value)) {
          add(value);
        } else if (key == "use_causal_mask" && value.is_boolean()) {
          call.causal = value.get<bool>();
        } else if (is_mask(key, value)) {
          for (const Json& mask : value.is_array() ? value : Json::array({value})) {
            if (!mask.is_null()) call.masks.push_back(reference_from(mask, where));
          }
        } else if (is_tensor_reference(value) && (key == "query" || key == "value" || key == "key")) {
          named[key] = value;
        } else {
          throw UnimplementedError(fmt::format("{}: the call argument '{}' is not supported.", where, key));
        }
      }
    }
    for (const char* key : {"query", "value", "key"}) {
      if (named.contains(key)) add(named[key]);
    }
    return call;
  }

  // The keys of a call on tensors by name, in the order of the model's inputs.
  static std::vector<std::string> keys_of_inputs(const Json& argument, const Layer& layer,
                                                 const std::string& where) {
    const auto* model = dynamic_cast<const FunctionalModel*>(&layer);
    std::vector<std::string> keys;
    if (model != nullptr && model->input_structure().kind == TensorStructure::Kind::dictionary) {
      keys = model->input_structure().keys;
    } else if (model != nullptr) {
      for (const KerasTensor& input : model->inputs()) keys.push_back(input.node()->operation()->name());
    }
    const bool fits =
        model != nullptr && keys.size() == argument.size() &&
        std::all_of(keys.begin(), keys.end(), [&](const std::string& key) { return argument.contains(key); });
    if (!fits) {
      throw UnimplementedError(
          fmt::format("{}: expected tensors among the call's arguments; constants, and names that are not "
                      "those of a model's inputs, are not supported.",
                      where));
    }
    return keys;
  }

  // Constants among the arguments belong to the operation, its inputs are the tensors.
  PendingCall read_operation(OperationLayer& operation, const Json& node, const std::string& where) const {
    operation.set_call(node);
    PendingCall call;
    for (const char* arguments : {"args", "kwargs"}) {
      if (!node.contains(arguments)) continue;
      for (const Json* reference : OperationLayer::references_in(node[arguments]))
        call.inputs.push_back(reference_from(*reference, where));
    }
    return call;
  }

  TensorKey reference_from(const Json& reference, const std::string& where) const {
    if (reference.is_object() && reference.contains("config") && reference["config"].is_object() &&
        reference["config"].contains("keras_history")) {
      return key_from(reference["config"]["keras_history"], where);
    }
    throw UnimplementedError(
        fmt::format("{}: expected a tensor among the call's arguments; constants are not "
                    "supported.",
                    where));
  }

  // Makes each call as soon as its inputs exist. A layer waits for one missing node at a time, so the work is
  // in proportion to the file, whatever the order of its layers.
  void connect() {
    std::map<NodeKey, std::vector<std::size_t>> waiting;
    std::vector<std::size_t> ready;
    for (std::size_t i = entries_.size(); i-- > 0;) ready.push_back(i);
    while (!ready.empty()) {
      const std::size_t index = ready.back();
      ready.pop_back();
      Entry& entry = entries_[index];
      while (entry.next_call < entry.calls.size()) {
        if (const auto missing = missing_node(entry.calls[entry.next_call])) {
          waiting[*missing].push_back(index);
          break;
        }
        make_call(entry);
        const auto woken = waiting.extract({index, static_cast<std::int64_t>(entry.outputs.size()) - 1});
        if (woken) ready.insert(ready.end(), woken.mapped().begin(), woken.mapped().end());
      }
    }
    for (const Entry& entry : entries_) {
      if (entry.next_call < entry.calls.size()) {
        throw ValueError(
            fmt::format("{}: layer '{}' cannot be connected: its inputs form a cycle or do not exist.",
                        owner_, entry.name));
      }
    }
  }

  // The first node that a call reads and that does not exist yet.
  std::optional<NodeKey> missing_node(const PendingCall& call) const {
    for (const TensorKey& key : call.inputs) {
      const auto found = index_.find(key.layer);
      if (found == index_.end()) {
        throw ValueError(
            fmt::format("{}: a call reads layer '{}', which does not exist.", owner_, key.layer));
      }
      const Entry& source = entries_[found->second];
      const auto most = static_cast<std::int64_t>(std::max(source.calls.size(), source.outputs.size()));
      if (key.node < 0 || key.node >= most) {
        throw ValueError(fmt::format("{}: a call reads node {} of layer '{}', which has {} node(s).", owner_,
                                     key.node, key.layer, most));
      }
      if (key.node >= static_cast<std::int64_t>(source.outputs.size()))
        return NodeKey{found->second, key.node};
    }
    return std::nullopt;
  }

  void make_call(Entry& entry) {
    const PendingCall& call = entry.calls[entry.next_call++];
    KerasTensors inputs;
    for (const TensorKey& key : call.inputs) inputs.push_back(at(key, owner_));
    // Keras writes down the masks that travel with tensors, and what makes them; here they travel by
    // themselves.
    const bool any_mask =
        std::any_of(inputs.begin(), inputs.end(), [](const KerasTensor& t) { return t.mask().defined(); });
    if (!call.masks.empty() && (!any_mask || gives_an_input_as_mask(call))) {
      throw UnimplementedError(fmt::format(
          "{}: layer '{}' is called with a mask that does not come with its input, which is not supported.",
          owner_, entry.name));
    }
    entry.outputs.push_back((*entry.layer)(inputs, call.list_input));
  }

  // A mask that travels with a tensor is made by some layer or operation; one that the model is fed was given
  // in the place of it.
  bool gives_an_input_as_mask(const PendingCall& call) const {
    return std::any_of(call.masks.begin(), call.masks.end(), [&](const TensorKey& key) {
      const auto found = index_.find(key.layer);
      return found != index_.end() && entries_[found->second].layer->class_name() == "InputLayer";
    });
  }

  KerasTensor at(const TensorKey& key, const std::string& where) const {
    const auto found = index_.find(key.layer);
    if (found == index_.end())
      throw ValueError(fmt::format("{}: layer '{}' does not exist.", where, key.layer));
    const std::vector<KerasTensors>& outputs = entries_[found->second].outputs;
    const bool exists =
        key.node >= 0 && key.node < static_cast<std::int64_t>(outputs.size()) && key.tensor >= 0 &&
        key.tensor < static_cast<std::int64_t>(outputs[static_cast<std::size_t>(key.node)].size());
    if (!exists) {
      throw ValueError(
          fmt::format("{}: layer '{}' has no tensor {} of node {}.", where, key.layer, key.tensor, key.node));
    }
    return outputs[static_cast<std::size_t>(key.node)][static_cast<std::size_t>(key.tensor)];
  }

  KerasTensor listed_tensor(const Json& triple, const std::string& where) const {
    TensorKey key = key_from(triple, where);
    const auto found = index_.find(key.layer);
    if (found != index_.end()) {
      const Entry& entry = entries_[found->second];
      const int offset = listed_offset(entry.layer->class_name());
      // Writers before Keras 3.3 did not count from 1.
      if (key.node >= offset) key.node -= offset;
    }
    return at(key, where);
  }

  std::string owner_;
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

Json FunctionalModel::get_config() const {
  const CallsOfLayer calls = calls_in(topology_);
  const NodeNumbers numbers = number_nodes(calls);
  Json config = Json::object();
  config_put(config, "name", name());
  config_put(config, "trainable", trainable());
  Json layers = Json::array();
  for (const std::shared_ptr<Operation>& operation : topology_.operations) {
    Json entry = layer_envelope(*std::dynamic_pointer_cast<Layer>(operation));
    entry["name"] = operation->name();
    entry["inbound_nodes"] = calls_to_json(calls.at(operation.get()), numbers);
    layers.push_back(std::move(entry));
  }
  config["layers"] = std::move(layers);
  config["input_layers"] = listed_tensors(topology_.inputs, options_.inputs, numbers);
  config["output_layers"] = listed_tensors(topology_.outputs, options_.outputs, numbers);
  return config;
}

std::shared_ptr<Layer> FunctionalModel::from_config(const Json& config, const std::string& owner) {
  GraphReader reader(owner);
  FunctionalOptions options;
  if (const Json* name = config_find(config, owner, "name")) config_get(*name, {owner, "name"}, options.name);
  for (const char* field : {"layers", "input_layers", "output_layers"}) {
    if (config_find(config, owner, field) == nullptr) {
      throw ValueError(fmt::format("{}: the field '{}' is missing.", owner, field));
    }
  }
  reader.read_layers(config["layers"]);
  const KerasTensors inputs = reader.tensors(config["input_layers"], "input_layers", options.inputs);
  const KerasTensors outputs = reader.tensors(config["output_layers"], "output_layers", options.outputs);
  auto model = std::make_shared<FunctionalModel>(inputs, outputs, options);
  if (const Json* trainable = config_find(config, owner, "trainable")) {
    bool value = true;
    config_get(*trainable, {owner, "trainable"}, value);
    if (!value) model->set_trainable(false);
  }
  return model;
}

Json ModelBase::to_envelope() const {
  // Files are written in one dialect; that of TensorFlow 1.4 does not hold every option.
  const CompatibilityScope scope(Compatibility::keras3);
  Json envelope = layer_envelope(*this);
  if (class_name() == "Functional") {
    envelope["build_config"] = {{"input_shape", nullptr}};
  } else if (!inputs().empty()) {
    envelope["build_config"] = {{"input_shape", shape_to_json(inputs()[0].shape())}};
  }
  return envelope;
}

std::shared_ptr<ModelBase> ModelBase::from_envelope(const Json& envelope) {
  static const bool models_are_known = [] {
    for (const char* name : {"Functional", "Model"}) register_layer(name, &FunctionalModel::from_config);
    register_layer("Sequential", &SequentialModel::from_config);
    return true;
  }();
  (void)models_are_known;
  auto model = std::dynamic_pointer_cast<ModelBase>(layer_from_envelope(envelope, "model"));
  if (!model) {
    throw ValueError(
        "The config does not describe a model: expected class_name 'Functional' or 'Sequential'.");
  }
  return model;
}

}  // namespace sepal

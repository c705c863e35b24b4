// CausalAttention: attention whose queries may see no later key.
#pragma once

namespace sepal {

/// Keras is told in each call (`use_causal_mask`), and a file for each call; here it is the layer's.
class CausalAttention {
 public:
  virtual ~CausalAttention() = default;

  /// Whether no step of the query sees a later one of the key.
  bool uses_causal_mask() const { return causal_; }
  void set_use_causal_mask(bool causal) { causal_ = causal; }

 protected:
  CausalAttention() = default;
  CausalAttention(const CausalAttention&) = delete;
  CausalAttention& operator=(const CausalAttention&) = delete;

 private:
  bool causal_ = false;
};

}  // namespace sepal

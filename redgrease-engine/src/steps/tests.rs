//! Every operation, alone and in a chain.

package com.amazon.redshift.core;

import com.amazon.redshift.logger.RedshiftLogger;
import com.amazon.redshift.util.RedshiftException;
import com.amazon.redshift.util.RedshiftProperties;
import com.amazon.redshift.util.RedshiftState;

/** In place of the driver's own, which needs the AWS SDK: here nobody logs in so. */
public final class NativeAuthPluginHelper {
    /** Refuses. */
    public static RedshiftProperties setNativeAuthPluginProperties(
        RedshiftProperties info, RedshiftJDBCSettings settings, RedshiftLogger log) throws RedshiftException {
        throw new RedshiftException("this driver was built without the AWS SDK", RedshiftState.UNEXPECTED_ERROR);
    }
}

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.InvocationTargetException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs the tests of classes as JUnit does, and prints how each has ended. */
public final class RunTests {
    public static void main(String[] names) throws Exception {
        for (String name : names) run(Class.forName(name), null, BeforeAll.class);
        for (String name : names) {
            for (Method method : Class.forName(name).getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) runTest(Class.forName(name), method);
            }
        }
        for (String name : names) run(Class.forName(name), null, AfterAll.class);
    }

    private static void runTest(Class<?> type, Method method) throws Exception {
        var constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object test = constructor.newInstance();
        run(type, test, BeforeEach.class);
        try {
            method.setAccessible(true);
            method.invoke(test);
            System.out.println(method.getName() + " passed");
        } catch (InvocationTargetException error) {
            System.out.println(method.getName() + " failed: " + error.getCause());
        } finally {
            run(type, test, AfterEach.class);
        }
    }

    private static void run(Class<?> type, Object test, Class<? extends Annotation> when) throws Exception {
        for (Method method : type.getDeclaredMethods()) {
            if (!method.isAnnotationPresent(when)) continue;
            method.setAccessible(true);
            method.invoke(test);
        }
    }
}
